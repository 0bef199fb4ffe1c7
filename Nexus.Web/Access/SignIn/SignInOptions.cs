namespace Nexus.Web.Access.SignIn;

/// <summary>Who may sign in, as what, and for how long.</summary>
internal sealed class SignInOptions
{
    public const string Section = "SignIn";

    /// <summary>As <see cref="RoleMap"/> reads it.</summary>
    public string Roles { get; set; } = "";

    /// <summary>Of who has none by <see cref="Roles"/>; <c>none</c>: they are refused.</summary>
    public string DefaultRole { get; set; } = "none";

    /// <summary>Whom those who are refused may ask.</summary>
    public string Contact { get; set; } = "";

    /// <summary>A session ends this long after signing in, whatever happens in it.</summary>
    public int SessionHours { get; set; }

    /// <summary>A session ends when nothing was asked in it for this long.</summary>
    public int SessionIdleMinutes { get; set; }

    /// <summary>Headers by which a trusted proxy says who asks, separated by commas; those that are there must agree. Empty: none is believed.</summary>
    public string SsoHeaders { get; set; } = "";

    /// <summary>The header by which it says what groups they are in, separated by commas. Empty: none.</summary>
    public string SsoGroupsHeader { get; set; } = "";

    /// <summary>Of e-mail addresses, separated by commas. Empty: all.</summary>
    public string SsoAllowedDomains { get; set; } = "";

    /// <summary>Whether the content of others needs a reason.</summary>
    public bool BreakGlass { get; set; }

    /// <summary>How long a reason holds.</summary>
    public int BreakGlassMinutes { get; set; }

    public static IReadOnlyList<string> List(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

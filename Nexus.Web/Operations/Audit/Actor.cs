namespace Nexus.Web.Operations.Audit;

/// <summary>Who does something to Nexus, and from where.</summary>
internal sealed record Actor(string Name, string? Address)
{
    /// <summary>Whoever has a shell on the machine.</summary>
    public static Actor CommandLine { get; } = new("cli", null);

    /// <summary>Whoever is signed in, at the address that the socket saw.</summary>
    public static Actor Of(HttpContext context) => new(context.User.Identity?.Name ?? "unknown", context.Connection.RemoteIpAddress?.ToString());
}

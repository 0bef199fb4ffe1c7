namespace Nexus.Web.Credentials;

internal sealed class CredentialOptions
{
    public const string Section = "Credentials";

    /// <summary>Holds <c>&lt;domain&gt;.credentials.json</c> files. Empty: DATA_DIR/credentials.</summary>
    public string Directory { get; set; } = "";

    /// <summary>Whether a domain may have more than one account of type <c>oauth</c>.</summary>
    public bool AllowOAuthPool { get; set; }

    public string PathIn(string dataDirectory) => Directory is { Length: > 0 } given ? Path.GetFullPath(given) : Path.Combine(dataDirectory, "credentials");
}

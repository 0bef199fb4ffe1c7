namespace Nexus.Web.Credentials;

internal sealed class CredentialOptions
{
    public const string Section = "Credentials";

    /// <summary>Holds <c>&lt;domain&gt;.credentials.json</c> files. Empty: DATA_DIR/credentials.</summary>
    public string Directory { get; set; } = "";
}

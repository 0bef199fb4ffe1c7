namespace Nexus.Web.Configuration;

/// <summary>The directory that holds everything Nexus keeps outside the database.</summary>
internal sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>Absolute after binding.</summary>
    public string Directory { get; set; } = "";

    public string JournalDirectory => Path.Combine(Directory, "journal");

    public string PostgresDirectory => Path.Combine(Directory, "postgres");

    public string LogsDirectory => Path.Combine(Directory, "logs");

    public string ExportsDirectory => Path.Combine(Directory, "exports");

    /// <summary>0700: the generated dashboard key and the rings that seal credentials.</summary>
    public string KeysDirectory => Path.Combine(Directory, "keys");
}

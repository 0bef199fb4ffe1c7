namespace Nexus.Web.Operations.Backups;

internal sealed class BackupOptions
{
    public const string Section = "Backups";

    /// <summary>Empty: DATA_DIR/backups.</summary>
    public string Directory { get; set; } = "";

    /// <summary>As <see cref="BackupRetention"/> reads it.</summary>
    public string Retention { get; set; } = "";

    /// <summary>Encrypts credentials backups; empty: they are not encrypted.</summary>
    public string Passphrase { get; set; } = "";

    /// <summary>Whether the database is backed up before a new version changes tables of it.</summary>
    public bool BeforeMigration { get; set; }

    /// <summary>Hours after which a verified backup is too old.</summary>
    public int MaxAgeHours { get; set; }
}

namespace Nexus.Web.Operations.Retention;

/// <summary>How long each class of rows is kept, as <see cref="RetentionAge"/> reads it.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "Retention";

    public string Ledger { get; set; } = "";

    public string Payloads { get; set; } = "";

    public string Rollups { get; set; } = "";

    public string Audit { get; set; } = "";

    /// <summary>Of files of the log and their exports; may be a day.</summary>
    public string Logs { get; set; } = "";

    public RetentionAge LogsAge => RetentionAge.Parse(Logs.Length > 0 ? Logs : "7d", 1);

    /// <summary>Everything of the ledger before it goes: the start of a month; null: nothing does.</summary>
    public DateTimeOffset? LedgerBound(DateTimeOffset now) => RetentionAge.Parse(Ledger).MonthBound(now);

    /// <summary>The same for payloads, which never outlive their ledger rows.</summary>
    public DateTimeOffset? PayloadBound(DateTimeOffset now) => new[] { LedgerBound(now), RetentionAge.Parse(Payloads).MonthBound(now) }.Max();
}

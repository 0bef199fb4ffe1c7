namespace Nexus.Web.Capture.Journaling;

/// <param name="BacklogExchanges">Ended exchanges that the database does not hold yet.</param>
/// <param name="OldestUnacknowledged">When the oldest of them ended; null without a backlog.</param>
/// <param name="PayloadsShed">Exchanges of this run whose payload was dropped because the journal was past its limit.</param>
/// <param name="WriteFailures">Records of this run that could not be written.</param>
/// <param name="CorruptBytes">Bytes that recovery could not read.</param>
/// <param name="Writable">False from a failed write until the next good one.</param>
internal sealed record JournalStatus(
    long BacklogExchanges,
    long BytesOnDisk,
    DateTimeOffset? OldestUnacknowledged,
    long PayloadsShed,
    long WriteFailures,
    long CorruptBytes,
    bool Writable);

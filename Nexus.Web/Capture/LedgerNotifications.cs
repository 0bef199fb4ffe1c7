namespace Nexus.Web.Capture;

/// <summary>After each batch PostgreSQL notifies this channel with JSON arrays of the new requests' ids.</summary>
internal static class LedgerNotifications
{
    public const string Channel = "nexus_requests";

    /// <summary>A payload must stay under 8,000 bytes; an id with its quotes and comma takes 39.</summary>
    public const int MostIds = 150;
}

namespace Nexus.Web.Storage;

/// <summary>One version of all prices (table <c>price_lists</c>). Versions are never changed: a new price is a new version.</summary>
internal sealed class PriceListRow
{
    public required int Version { get; set; }
    public required DateTimeOffset CreatedAt { get; set; }
    public required string CreatedBy { get; set; }

    /// <summary>Why it was made.</summary>
    public required string Note { get; set; }
}

/// <summary>
/// One line of a price list (table <c>price_rules</c>). Of a list's rules the first in <see cref="Position"/> whose pattern,
/// serving time and tier fit is the price; prices are millionths of a US dollar per million tokens.
/// </summary>
internal sealed class PriceRuleRow
{
    public required int Version { get; set; }
    public required int Position { get; set; }

    /// <summary>Regular expression, case-insensitive, unanchored, over the model's id.</summary>
    public required string Pattern { get; set; }

    /// <summary>Requests served from this time on; null: from ever.</summary>
    public DateTimeOffset? ServedFrom { get; set; }

    /// <summary>Requests served before this time; null: for ever.</summary>
    public DateTimeOffset? ServedUntil { get; set; }

    /// <summary>Applies to prompts (input, cache reads and cache writes together) of more tokens than this; null: to all.</summary>
    public long? PromptAbove { get; set; }

    public required long Input { get; set; }
    public required long Output { get; set; }
    public required long CacheRead { get; set; }
    public required long CacheWrite5m { get; set; }
    public required long CacheWrite1h { get; set; }

    /// <summary>The price of last resort: what it costs is marked as an estimate.</summary>
    public bool Fallback { get; set; }
}

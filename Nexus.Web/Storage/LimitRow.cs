using System.ComponentModel.DataAnnotations.Schema;

namespace Nexus.Web.Storage;

/// <summary>A budget, a rate limit, or both (table <c>limits</c>). Read once a beat by every node; the copies that nodes hold are never changed.</summary>
internal sealed class LimitRow
{
    /// <summary><c>lim_</c> and 16 characters; <c>env_…</c> for those that come from RATE_LIMIT_* variables and are not stored.</summary>
    public required string Id { get; set; }

    public required string Name { get; set; }

    /// <summary><c>key</c>, <c>owner</c>, <c>domain</c> or <c>all</c>.</summary>
    public required string Scope { get; set; }

    /// <summary>The key's id, the owner or the domain; <c>*</c>: each one by itself; empty for <c>all</c>.</summary>
    public required string Subject { get; set; }

    /// <summary>What <see cref="Amount"/> counts: <c>usd</c> (millionths of a US dollar) or <c>tokens</c> (input, output and cache writes; cache reads are free, as in Anthropic's own rate limits).</summary>
    public string Unit { get; set; } = "usd";

    /// <summary>The budget of one <see cref="Period"/>; null: no budget, only rates.</summary>
    public long? Amount { get; set; }

    /// <summary><c>5h</c>, <c>day</c>, <c>week</c>, <c>month</c> or <c>total</c>.</summary>
    public string Period { get; set; } = "month";

    /// <summary>0 is Sunday, as <see cref="DayOfWeek"/>.</summary>
    public short WeekStart { get; set; } = (short)DayOfWeek.Monday;

    /// <summary>IANA name of the zone whose midnights begin days, weeks and months.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>Requests are refused when the budget is used up; else it only alerts.</summary>
    public bool Hard { get; set; }

    /// <summary>Per cent of the budget that alert once per period.</summary>
    public int[] Thresholds { get; set; } = [80, 95];

    public int? RequestsPerMinute { get; set; }
    public long? TokensPerMinute { get; set; }
    public int? ConcurrentStreams { get; set; }

    /// <summary>Added to the budget until <see cref="RaisedUntil"/>.</summary>
    public long? RaiseAmount { get; set; }

    public DateTimeOffset? RaisedUntil { get; set; }
    public string? RaiseReason { get; set; }
    public bool Enabled { get; set; } = true;

    /// <summary>Where a budget in total begins to count; a quarter of an hour.</summary>
    public required DateTimeOffset StartsAt { get; set; }

    public required DateTimeOffset CreatedAt { get; set; }
    public required string CreatedBy { get; set; }
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Stretch that the rates are per: a minute, but for the RATE_LIMIT_WINDOW_MS of the variables.</summary>
    [NotMapped]
    public TimeSpan RateWindow { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The budget at a time, with its raise.</summary>
    public long BudgetAt(DateTimeOffset at) => (Amount ?? 0) + (RaisedUntil > at ? RaiseAmount ?? 0 : 0);
}

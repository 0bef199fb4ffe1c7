using System.ComponentModel.DataAnnotations;

namespace Nexus.Web.Access.Limits;

internal enum BudgetsFail
{
    /// <summary>Requests pass while no limit has been read since the start.</summary>
    Open,

    /// <summary>They are refused until then.</summary>
    Closed,
}

internal sealed class LimitOptions
{
    public const string Section = "Limits";

    public BudgetsFail BudgetsFail { get; set; }

    public RateOptions PerKey { get; set; } = new();

    public RateOptions PerDomain { get; set; } = new();
}

/// <summary>RATE_LIMIT_* and DOMAIN_RATE_LIMIT_*. Zero: no such limit.</summary>
internal sealed class RateOptions
{
    [Range(1000, int.MaxValue)]
    public int WindowMs { get; set; } = 3_600_000;

    [Range(0, int.MaxValue)]
    public int MaxRequests { get; set; }

    [Range(0, long.MaxValue)]
    public long MaxTokens { get; set; }
}

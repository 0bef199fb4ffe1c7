using System.ComponentModel.DataAnnotations;

namespace Nexus.Web.Usage;

/// <summary>What an account is assumed to allow where the upstream's headers do not say: the older system's numbers, not Anthropic's.</summary>
internal sealed class UsageOptions
{
    public const string Section = "Usage";

    /// <summary>Output tokens per window (spec §6.1).</summary>
    [Range(1, long.MaxValue)]
    public long AccountTokenLimit { get; set; }

    [Range(5, 60 * 24 * 7)]
    public int AccountWindowMinutes { get; set; }
}

namespace Nexus.Web.Pages.Shared.Kit;

/// <summary>One choice of a filter.</summary>
/// <param name="Count">How many rows it would leave; null where that is not counted.</param>
public sealed record FilterOption(string Value, string? Text = null, long? Count = null)
{
    public string Shown => (Text ?? Value) + (Count is { } count ? $" ({Display.Count(count)})" : "");

    public static IReadOnlyList<FilterOption> Of(IEnumerable<string> values) => [.. values.Select(value => new FilterOption(value))];
}

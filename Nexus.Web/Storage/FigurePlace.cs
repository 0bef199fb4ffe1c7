using System.Globalization;

namespace Nexus.Web.Storage;

/// <summary>Where a page of rows by a figure ended, and what was being sorted. In the URL: figure, id and the two times in milliseconds, by underscores.</summary>
internal sealed record FigurePlace(long Figure, Guid Id, DateTimeOffset Until, DateTimeOffset? Floor)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Figure}_{Id}_{Until.ToUnixTimeMilliseconds()}_{Floor?.ToUnixTimeMilliseconds()}");

    public static FigurePlace? Parse(string? text) =>
        text?.Split('_') is [var figure, var id, var until, var floor] && long.TryParse(figure, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var last) && Guid.TryParse(id, out var row) && Time(until) is { } to
            ? new(last, row, to, Time(floor)) : null;

    private static DateTimeOffset? Time(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
}

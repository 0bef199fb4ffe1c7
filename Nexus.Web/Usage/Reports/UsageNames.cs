using Nexus.Web.Storage;

namespace Nexus.Web.Usage.Reports;

/// <summary>Which values dimensions had lately, and what people call them.</summary>
internal sealed class UsageNames(Database database, TimeProvider time)
{
    /// <summary>More choices than this are no help in a list.</summary>
    private const int Most = 200;

    private static readonly TimeSpan Lately = TimeSpan.FromDays(30);
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);
    private volatile Known? _known;

    /// <summary>Values by the name of their dimension, the busiest first.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ValuesAsync(CancellationToken cancellation) => (await KnownAsync(cancellation)).Values;

    /// <summary>What a value of a dimension is called: a key's id is told by the key's name.</summary>
    public async Task<Func<UsageDimension, string, string>> NamesAsync(CancellationToken cancellation)
    {
        var keys = (await KnownAsync(cancellation)).Keys;
        return (dimension, value) => value.Length == 0 ? dimension.Unknown : dimension.Name == "key" ? keys.GetValueOrDefault(value, value) : value;
    }

    private async Task<Known> KnownAsync(CancellationToken cancellation)
    {
        if (_known is { } known && time.GetUtcNow() - known.At < Fresh)
            return known;
        // Two readers at once cost a query, no more.
        return _known = new(time.GetUtcNow(), await ReadValuesAsync(cancellation), await ReadKeysAsync(cancellation));
    }

    private async Task<Dictionary<string, IReadOnlyList<string>>> ReadValuesAsync(CancellationToken cancellation)
    {
        var dimensions = UsageDimension.All;
        await using var command = database.DataSource.CreateCommand($"""
            SELECT CASE {string.Join(' ', dimensions.Select((dimension, i) => $"WHEN grouping({dimension.Column}) = 0 THEN {i}"))} END, coalesce({string.Join(", ", dimensions.Select(dimension => dimension.Column))})
            FROM usage_1d WHERE bucket >= $1 GROUP BY GROUPING SETS ({string.Join(", ", dimensions.Select(dimension => $"({dimension.Column})"))}) ORDER BY sum(requests) DESC
            """);
        command.Parameters.Add(new() { Value = time.GetUtcNow() - Lately });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var values = dimensions.ToDictionary(dimension => dimension.Name, _ => new List<string>());
        while (await reader.ReadAsync(cancellation))
            if (values[dimensions[reader.GetInt32(0)].Name] is { Count: < Most } list && reader.GetString(1) is { Length: > 0 } value)
                list.Add(value);
        return values.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<string>)pair.Value);
    }

    private async Task<Dictionary<string, string>> ReadKeysAsync(CancellationToken cancellation)
    {
        await using var command = database.DataSource.CreateCommand("SELECT id, name, hint FROM client_keys");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var keys = new Dictionary<string, string>();
        while (await reader.ReadAsync(cancellation))
            keys[reader.GetString(0)] = $"{reader.GetString(1)} (…{reader.GetString(2)})";
        return keys;
    }

    private sealed record Known(DateTimeOffset At, IReadOnlyDictionary<string, IReadOnlyList<string>> Values, IReadOnlyDictionary<string, string> Keys);
}

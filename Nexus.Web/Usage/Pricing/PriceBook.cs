using System.Collections.Immutable;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Pricing;

/// <summary>All price lists, held in memory. Nodes notify each other of a new one; nothing on the request path asks the database.</summary>
internal sealed partial class PriceBook : IDisposable
{
    /// <summary>Notified in the transaction that adds a list.</summary>
    public const string Channel = "nexus_prices";

    private readonly Database _database;
    private readonly ILogger<PriceBook> _logger;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile ImmutableSortedDictionary<int, PriceList> _lists = ImmutableSortedDictionary<int, PriceList>.Empty;
    private volatile PriceList? _newest;

    public PriceBook(Database database, ChangeFeed changes, ILogger<PriceBook> logger)
    {
        _database = database;
        _logger = logger;
        changes.Follow(Channel, ReloadAsync);
    }

    /// <summary>The list in force; null until the database could be read for the first time.</summary>
    public PriceList? Newest => _newest;

    /// <summary>Every version, oldest first.</summary>
    public IEnumerable<PriceList> All => _lists.Values;

    public PriceList? Find(int version) => _lists.GetValueOrDefault(version);

    /// <summary>The list in force, read from the database if none is known yet; null when it holds no valid one (changed by hand).</summary>
    public async ValueTask<PriceList?> NewestAsync(CancellationToken cancellation)
    {
        if (_newest is null)
            await ReloadAsync(cancellation);
        return _newest;
    }

    /// <summary>Reads what was added since.</summary>
    public async Task ReloadAsync(CancellationToken cancellation)
    {
        await _loading.WaitAsync(cancellation);
        try
        {
            var added = await ReadAsync(_lists.IsEmpty ? 0 : _lists.Keys.Last(), cancellation);
            if (added.Count == 0)
                return;
            _lists = _lists.AddRange(added.Select(list => KeyValuePair.Create(list.Version, list)));
            foreach (var list in added)
            {
                if (PriceChecks.Problems(list.Rules) is [var problem, ..])
                    Log.Invalid(_logger, list.Version, problem);
                else
                    _newest = list;
            }

            if (_newest is { } newest)
                Log.InForce(_logger, newest.Version, newest.Rules.Count);
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    private async Task<List<PriceList>> ReadAsync(int after, CancellationToken cancellation)
    {
        await using var batch = _database.JobsDataSource.CreateBatch();
        foreach (var sql in new[]
        {
            """
            SELECT version, pattern, input, output, cache_read, cache_write_5m, cache_write_1h, served_from, served_until, prompt_above, fallback
            FROM price_rules WHERE version > $1 ORDER BY version, position
            """,
            "SELECT version, created_at, created_by, note FROM price_lists WHERE version > $1 ORDER BY version",
        })
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = after } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var rules = new List<(int Version, PriceRule Rule)>();
        while (await reader.ReadAsync(cancellation))
            rules.Add((reader.GetInt32(0), new(reader.GetString(1), new(reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6)),
                Time(reader, 7), Time(reader, 8), reader.IsDBNull(9) ? null : reader.GetInt64(9), reader.GetBoolean(10))));
        await reader.NextResultAsync(cancellation);
        var byVersion = rules.ToLookup(rule => rule.Version, rule => rule.Rule);
        var lists = new List<PriceList>();
        while (await reader.ReadAsync(cancellation))
            lists.Add(new(reader.GetInt32(0), [.. byVersion[reader.GetInt32(0)]], reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3)));
        return lists;
    }

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Price list {Version} is in force, with {Rules} rules.")]
        public static partial void InForce(ILogger logger, int version, int rules);

        [LoggerMessage(LogLevel.Error, "Price list {Version} is not used: {Problem} The one before it stays in force; save a new one on the page Prices.")]
        public static partial void Invalid(ILogger logger, int version, string problem);
    }
}

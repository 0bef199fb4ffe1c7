using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Npgsql;

namespace Nexus.Web.Access.Limits;

/// <summary>Of which budgets in dollars what is used is partly an estimate, by the rollups: counters do not tell.</summary>
internal sealed class EstimatedUse(Database database, TimeProvider time)
{
    /// <summary>Pages that are open ask every few seconds.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private volatile Known? _known;

    /// <returns>Ids of limits, with the subject.</returns>
    public async Task<IReadOnlySet<(string Limit, string Subject)>> ReadAsync(IEnumerable<LimitState> states, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var limits = states.Where(state => state.Limit.Unit != "tokens" && state is { Used: > 0, Period: not null }).DistinctBy(state => state.Limit.Id).ToDictionary(state => (state.Limit.Id, state.Period!.Value.Start), state => state.Limit);
        if (_known is { } known && now - known.At < Fresh && limits.Keys.All(known.Limits.Contains))
            return known.Estimated;
        var estimated = new HashSet<(string, string)>();
        if (limits.Count > 0)
        {
            await using var batch = database.DataSource.CreateBatch();
            foreach (var ((_, start), limit) in limits)
                batch.BatchCommands.Add(Command(limit, start, now));
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            foreach (var limit in limits.Values)
            {
                while (await reader.ReadAsync(cancellation))
                    estimated.Add((limit.Id, reader.GetString(0)));
                await reader.NextResultAsync(cancellation);
            }
        }

        _known = new(now, [.. limits.Keys], estimated);
        return estimated;
    }

    private static NpgsqlBatchCommand Command(LimitRow limit, DateTimeOffset from, DateTimeOffset now)
    {
        var column = limit.Scope switch { "key" => "key_id", "owner" => "owner", "domain" => "domain", _ => "''" };
        return new($"SELECT DISTINCT {column} FROM ({UsageTables.Between(from, DateTimeOffset.MaxValue, now)}) AS usage WHERE estimated_cost_micros > 0");
    }

    private sealed record Known(DateTimeOffset At, HashSet<(string, DateTimeOffset)> Limits, IReadOnlySet<(string, string)> Estimated);
}

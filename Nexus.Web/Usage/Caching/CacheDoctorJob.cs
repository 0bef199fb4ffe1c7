using Nexus.Web.Capture;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Usage.Pricing;
using Npgsql;

namespace Nexus.Web.Usage.Caching;

/// <summary>
/// Looks for turns that missed the prompt cache, names the cause and prices the waste (table <c>cache_misses</c>). A run looks
/// again at the last hours, for rows that the journal delivered late, and keeps what it found before.
/// </summary>
internal sealed class CacheDoctorJob(PayloadReader payloads, PriceBook prices, TimeProvider time) : IJob
{
    public const string Id = "cache-doctor";
    private const int PairsAtOnce = 500;

    /// <summary>How late a row may be stored and still be looked at.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(6);

    /// <summary>How far back the first run looks.</summary>
    private static readonly TimeSpan First = TimeSpan.FromDays(7);

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var from = await LastRunAsync(context.Connection, cancellation) is { } last ? last - Overlap : now - First;
        var (found, wasted) = (0, 0L);
        while (true)
        {
            var pairs = await CachePairs.ReadAsync(context.Connection, from, now, PairsAtOnce, cancellation);
            foreach (var pair in pairs)
            {
                var miss = await DiagnoseAsync(pair, cancellation);
                await InsertAsync(context.Connection, pair, miss, cancellation);
                (found, wasted) = (found + 1, wasted + miss.WastedMicros);
            }

            if (pairs.Count < PairsAtOnce)
                break;
            await context.ReportAsync(Result(found, wasted));
        }

        return Result(found, wasted);
    }

    private static JobResult Result(int found, long wasted) =>
        new(found == 0 ? "No new cache misses." : $"{found} new cache misses, ${wasted / 1e6:0.00} wasted.", new { found, wastedMicros = wasted });

    private async Task<(string Cause, string? Part, long Missed, long WastedMicros)> DiagnoseAsync(CachePair pair, CancellationToken cancellation)
    {
        var missed = CacheDiagnosis.Missed(pair);
        var cause = CacheDiagnosis.CauseOf(pair);
        string? part = null;
        if (cause is null)
        {
            part = await ChangeAsync(pair, cancellation);
            cause = part is null ? CacheCauses.Unknown : CacheCauses.PrefixChanged;
        }

        var list = (pair.Turn.PriceVersion is { } version ? prices.Find(version) : null) ?? await prices.NewestAsync(cancellation);
        var wasted = list is null ? 0 : CacheDiagnosis.Wasted(missed, pair.Turn.Tokens, list.Find(pair.Turn.Model, pair.Turn.StartedAt, pair.Turn.Tokens).Price);
        return (cause, part, missed, wasted);
    }

    /// <summary>Null when a prompt was not kept: without it no part can be named.</summary>
    private async Task<string?> ChangeAsync(CachePair pair, CancellationToken cancellation) =>
        await BodyAsync(pair.Before.Id, cancellation) is { } before && await BodyAsync(pair.Turn.Id, cancellation) is { } after
            ? CachePrefix.FirstChange(before.Span, after.Span)
            : null;

    private async Task<ReadOnlyMemory<byte>?> BodyAsync(Guid id, CancellationToken cancellation) =>
        await payloads.ReadAsync(id, cancellation) is { RequestBody: { } body } payload ? ContentDecoding.Decode(body, ContentDecoding.EncodingOf(payload.RequestHeaders)) : null;

    private static async Task<DateTimeOffset?> LastRunAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT max(started_at) FROM job_runs WHERE job = $1 AND outcome = 'succeeded'", connection) { Parameters = { new() { Value = Id } } };
        return await command.ExecuteScalarAsync(cancellation) is DateTime at ? at : null;
    }

    private static async Task InsertAsync(NpgsqlConnection connection, CachePair pair, (string Cause, string? Part, long Missed, long WastedMicros) miss, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO cache_misses (started_at, id, previous_id, previous_at, domain, account_id, key_id, owner, session_id, agent_id, model, cause, changed_part, missed_tokens, wasted_micros)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING
            """, connection);
        var (turn, before) = (pair.Turn, pair.Before);
        foreach (var value in new object?[]
        {
            turn.StartedAt.ToUniversalTime(), turn.Id, before.Id, before.StartedAt.ToUniversalTime(), turn.Domain, turn.AccountId, turn.KeyId, turn.Owner, turn.SessionId, turn.AgentId, turn.Model,
            miss.Cause, miss.Part, miss.Missed, miss.WastedMicros,
        })
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}

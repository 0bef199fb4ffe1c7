using Nexus.Bench.Load;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>Bytes of the database, indexes included, per small request and per further turn of a long conversation, and of one whole conversation's request payloads.</summary>
internal static class BytesScenario
{
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort) =>
        [await SmallAsync(workplace, effort), await TurnAsync(workplace, effort), .. await ConversationAsync(workplace, effort)];

    private static async Task<Figure> SmallAsync(Workplace workplace, Effort effort)
    {
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        var callers = Kind.Small.Callers("bytes.bench.example");
        var requests = effort.Quick ? 5_000 : 50_000;
        await Rounds.RunAsync(nexus, callers, requests: 1_000);
        var before = await SizeAsync(nexus, effort);
        var done = await Rounds.RunAsync(nexus, callers, requests: requests);
        var each = (await SizeAsync(nexus, effort) - before) / done.Requests;
        return new("database bytes per captured small request", "≤ 2,048", Say.Text($"{each:N0}"), each <= 2048);
    }

    /// <summary>Sessions of 110 KB go on to 130 KB, ten turns each.</summary>
    private static async Task<Figure> TurnAsync(Workplace workplace, Effort effort)
    {
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        var sessions = Enumerable.Range(0, effort.Quick ? 16 : 100).Select(_ => new ClaudeCodeCaller("bytes.bench.example", 0, 110_000)).ToList();
        foreach (var session in sessions)
            await Rounds.RunQuietlyAsync(nexus, [session], 1);
        var (before, text) = (await SizeAsync(nexus, effort), sessions.Sum(session => (double)session.TranscriptLength));
        foreach (var session in sessions)
            await Rounds.RunQuietlyAsync(nexus, [session], 10);
        var turns = sessions.Count * 10.0;
        var each = (await SizeAsync(nexus, effort) - before) / turns;
        var added = (sessions.Sum(session => (double)session.TranscriptLength) - text) / turns;
        return new("database bytes per further 120 KB turn, beyond its new text", "≤ 4,096", Say.Text($"{each - added:N0} ({each:N0} for {added:N0} of new text, answer and ledger row included)"), each - added <= 4096);
    }

    private static async Task<IReadOnlyList<Figure>> ConversationAsync(Workplace workplace, Effort effort)
    {
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        // One of another domain goes before: it shares no part, but an empty table's first rows also bring its maps of free space.
        await Rounds.RunQuietlyAsync(nexus, [new ClaudeCodeCaller("before.bench.example", 0, 0)], 100);
        await nexus.DrainedAsync(effort.DrainLimit);
        var session = new ClaudeCodeCaller("bytes.bench.example", 0, 0);
        var before = await nexus.QueryAsync<double>(PayloadBytes);
        await Rounds.RunQuietlyAsync(nexus, [session], 99);
        // The last turn's request is what the session has come to: its answer is not asked for in the transcript.
        var transcript = (double)session.TranscriptLength;
        await Rounds.RunQuietlyAsync(nexus, [session], 1);
        await nexus.DrainedAsync(effort.DrainLimit);
        var payload = await nexus.QueryAsync<double>(PayloadBytes) - before;
        return [new("request payloads of a 100-turn conversation on disk ÷ its final transcript", "≤ 1.0", Say.Text($"{payload / transcript:F2} ({payload / 1000:F0} KB for a transcript of {transcript / 1000:F0} KB)"), payload <= transcript)];
    }

    /// <summary>Parts with their index and free space, and the lists of parts; not the answers and headers, which stand in the same rows as the lists.</summary>
    private const string PayloadBytes = """
        SELECT pg_total_relation_size('content_parts')
            + (SELECT coalesce(sum(24 + 16 + 8 + coalesce(pg_column_size(base_id), 0) + pg_column_size(prefix_kept) + pg_column_size(parts)), 0) FROM request_payloads)
        """;

    private static async Task<double> SizeAsync(NexusRoute nexus, Effort effort)
    {
        _ = await nexus.DrainedAsync(effort.DrainLimit) ?? throw new InvalidOperationException("The backlog does not drain: sizes would say nothing.");
        return await nexus.QueryAsync<double>("SELECT pg_database_size(current_database())");
    }
}

using System.Text.Json;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Proxy.Pooling;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using NpgsqlTypes;

namespace Nexus.Web.Capture;

/// <summary>What the ledger keeps of attempts: those of requests that failed or took more than one.</summary>
internal static class AttemptRows
{
    public static CopyColumn<AttemptRow>[] Columns { get; } =
    [
        CopyColumn<AttemptRow>.Value("started_at", NpgsqlDbType.TimestampTz, row => row.StartedAt),
        CopyColumn<AttemptRow>.Value("id", NpgsqlDbType.Uuid, row => row.Id),
        CopyColumn<AttemptRow>.Value("ordinal", NpgsqlDbType.Smallint, row => row.Ordinal),
        CopyColumn<AttemptRow>.Reference("account_id", NpgsqlDbType.Text, row => row.AccountId),
        CopyColumn<AttemptRow>.Value("after_ms", NpgsqlDbType.Integer, row => row.AfterMs),
        CopyColumn<AttemptRow>.Value("wait_ms", NpgsqlDbType.Integer, row => row.WaitMs),
        CopyColumn<AttemptRow>.Value("duration_ms", NpgsqlDbType.Integer, row => row.DurationMs),
        CopyColumn<AttemptRow>.Optional("status", NpgsqlDbType.Smallint, row => row.Status),
        CopyColumn<AttemptRow>.Reference("scope", NpgsqlDbType.Text, row => row.Scope),
        CopyColumn<AttemptRow>.Reference("error", NpgsqlDbType.Text, row => row.Error),
        CopyColumn<AttemptRow>.Reference("headers", NpgsqlDbType.Jsonb, row => row.Headers),
    ];

    /// <summary>Whose the answer is; without one, who was asked last.</summary>
    public static string? AccountOf(RecordedExchange exchange) =>
        exchange.Answer?.AccountId ?? (exchange is { Answer: null, End.Attempts: [.., var last] } ? last.AccountId : null) ?? exchange.Start.AccountId;

    /// <summary>What answers that never reached the caller told of their accounts' windows.</summary>
    public static IEnumerable<AccountWindowRow> WindowsOf(RecordedExchange exchange) =>
        (exchange.End.Attempts ?? []).SelectMany(attempt => AccountWindows.From(attempt.AccountId, attempt.Headers, exchange.Start.StartedAt.AddMicroseconds(attempt.AfterMicros + attempt.DurationMicros)));

    public static IReadOnlyList<AttemptRow> Of(RecordedExchange exchange, LedgerRow row)
    {
        var attempts = exchange.End.Attempts ?? [];
        var keepsHeaders = exchange.Start.Capture is CaptureLevel.Full or CaptureLevel.Redacted;
        if (attempts.Count > 1 || (attempts.Count == 1 && IsUpstreams(row.Outcome)))
            return [.. attempts.Select((attempt, index) => Row(row, (short)(index + 1), attempt, keepsHeaders))];
        if (!IsUpstreams(row.Outcome))
            return [];
        var answer = exchange.Answer;
        var scope = answer is null || answer.Status < 400 ? FailureScope.Upstream : Verdict.Of(answer.Status, answer.Headers.Select(line => KeyValuePair.Create(line.Name, line.Value)), row.StartedAt).Scope;
        return [Row(row, 1, new(row.AccountId, 0, 0, answer?.HeadersMicros ?? exchange.End.TotalMicros, answer?.Status, AttemptLog.TextOf(scope), row.ErrorMessage ?? exchange.End.Error, answer?.Headers ?? []), keepsHeaders)];
    }

    private static bool IsUpstreams(string outcome) => outcome is "upstream_error" or "upstream_cut" or "upstream_timeout";

    private static AttemptRow Row(LedgerRow request, short ordinal, AttemptMetadata attempt, bool keepsHeaders) => new()
    {
        StartedAt = request.StartedAt,
        Id = request.Id,
        Ordinal = ordinal,
        AccountId = PlainText.Clean(attempt.AccountId),
        AfterMs = Milliseconds(attempt.AfterMicros),
        WaitMs = Milliseconds(attempt.WaitMicros),
        DurationMs = Milliseconds(attempt.DurationMicros),
        Status = (short?)attempt.Status,
        Scope = attempt.Scope,
        Error = PlainText.Clean(attempt.Error, 200),
        Headers = keepsHeaders && attempt.Headers.Count > 0 ? JsonSerializer.Serialize(attempt.Headers.Select(line => new[] { line.Name, PlainText.Clean(line.Value, 4096) })) : null,
    };

    private static int Milliseconds(long micros) => (int)Math.Clamp(micros / 1000, 0, int.MaxValue);
}

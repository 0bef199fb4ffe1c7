using System.Text;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Tests.Usage;

/// <summary>Recorded exchanges and the ledger rows that are made of them.</summary>
internal static class Exchanges
{
    public static DateTimeOffset Noon { get; } = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Prices in whole micro-dollars per token, so that sums can be done in the head: input 1, output 2, read 3, writes 4 and 5; other models 10.</summary>
    public static PriceList Simple { get; } = new(7,
    [
        new("simple", new(1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000)),
        new("other", new(10_000_000, 10_000_000, 10_000_000, 10_000_000, 10_000_000)),
        new(".*", new(100_000_000, 100_000_000, 100_000_000, 100_000_000, 100_000_000), Fallback: true),
    ]);

    public static RecordedExchange Of(string answer, Outcome outcome = Outcome.Completed, bool? stream = null, DateTimeOffset? at = null, string path = "/v1/messages", int status = 200, string? account = null, params (string Name, string Value)[] headers)
    {
        var started = at ?? Noon;
        var sse = stream ?? answer.StartsWith("event:", StringComparison.Ordinal);
        HeaderLine[] lines = [new("content-type", sse ? "text/event-stream" : "application/json"), .. headers.Select(header => new HeaderLine(header.Name, header.Value))];
        return new(
            Guid.CreateVersion7(started),
            new(started, "one.example", "POST", path, "", [], account, "key", "owner", "simple-asked", null, CaptureLevel.Full),
            Encoding.UTF8.GetBytes("""{"model":"simple-asked","messages":[]}"""), new(status, lines, 1000), Encoding.UTF8.GetBytes(answer), [], new(outcome, 5000, 10, answer.Length), false);
    }

    public static LedgerRow Row(string answer, Outcome outcome = Outcome.Completed, PriceList? list = null)
    {
        using var analysis = new ExchangeAnalysis { Prices = list ?? Simple };
        return analysis.Analyse(Of(answer, outcome)).Row;
    }

    public static string Json(string usage, string model = "simple-1") => $$$"""{"id":"msg_1","type":"message","model":"{{{model}}}","content":[],"stop_reason":"end_turn","usage":{{{usage}}}}""";

    /// <param name="usage">Of <c>message_start</c>.</param>
    /// <param name="delta">Of <c>message_delta</c>; null: the stream breaks off before it.</param>
    public static string Sse(string usage, string? delta, string content = "", string model = "simple-1")
    {
        var start = Event("message_start", $$$"""{"type":"message_start","message":{"id":"msg_1","model":"{{{model}}}","content":[],"stop_reason":null,"usage":{{{usage}}}}}""");
        return start + content + (delta is null ? "" : Event("message_delta", $$$"""{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{{{delta}}}}""") + Event("message_stop", """{"type":"message_stop"}"""));
    }

    public static string Delta(int index, string kind, string field, string text) =>
        Event("content_block_delta", $$$"""{"type":"content_block_delta","index":{{{index}}},"delta":{"type":"{{{kind}}}","{{{field}}}":{{{System.Text.Json.JsonSerializer.Serialize(text)}}}}}""");

    private static string Event(string name, string data) => $"event: {name}\ndata: {data}\n\n";
}

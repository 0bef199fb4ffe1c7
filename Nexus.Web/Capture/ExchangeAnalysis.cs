using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Capture;

/// <summary>An exchange taken apart into what is stored of it; it holds none of the journal's memory.</summary>
/// <param name="NewParts">Pieces of the body, and its headers, that the database has not been told of today.</param>
/// <param name="FirstMessage">Where in the list the first message stands, or what follows the messages.</param>
/// <param name="Tools">The answer's calls by tool.</param>
/// <param name="Windows">What its headers tell about the paying account's limits.</param>
internal sealed record AnalysedExchange(LedgerRow Row, PayloadRow? Payload, IReadOnlyList<PartRow> NewParts, int FirstMessage, IReadOnlyList<ToolCalls> Tools, IReadOnlyList<AccountWindowRow> Windows)
{
    /// <summary>What it tells about its place in a conversation; null for what is in none.</summary>
    public LinkItem? Link { get; init; }

    /// <summary>Those of a request that failed or took more than one.</summary>
    public IReadOnlyList<AttemptRow> Attempts { get; init; } = [];

    /// <summary>The caller's <c>traceparent</c>, for the span that is made of it.</summary>
    public string? TraceParent { get; set; }
}

/// <summary>Turns a recorded exchange into rows. Pure but for what it reuses: for one thread.</summary>
internal sealed class ExchangeAnalysis : IDisposable
{
    private readonly PayloadCompressor _compressor = new();
    private readonly PartCatalog _catalog = new();
    private readonly BodyCut _cut = new();
    private readonly List<PartInfo> _told = [];
    private readonly EvidenceReader _evidence = new();
    private readonly ArrayBufferWriter<byte> _headers = new(4096);
    private readonly Utf8JsonWriter _headerWriter;
    private long _linking;

    public ExchangeAnalysis() => _headerWriter = new(_headers, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Parts are stored anew where they were last stored before this day.</summary>
    public DateOnly Today { get; set; }

    /// <summary>By which the next exchanges are costed; null leaves their cost open.</summary>
    public PriceList? Prices { get; set; }

    /// <summary>What reading evidence of requests' places took since the last call.</summary>
    public TimeSpan TakeLinking()
    {
        var took = Stopwatch.GetElapsedTime(0, _linking);
        _linking = 0;
        return took;
    }

    /// <summary>The new parts of all exchanges since the last call are in the database, or not.</summary>
    public void Stored(bool stored)
    {
        if (!stored)
            _told.ForEach(part => part.Stored = default);
        _told.Clear();
    }

    public AnalysedExchange Analyse(RecordedExchange exchange)
    {
        var encoding = ContentDecoding.EncodingOf(exchange.Start.Headers);
        var decoded = ContentDecoding.Decode(exchange.RequestBody, encoding) ?? default;
        _cut.Read(decoded.Span);
        var facts = exchange.Start.Digest?.Facts ?? RequestFacts.Of(exchange.Start, decoded.Span, _cut);
        var (message, stream) = Message(exchange);
        var row = Row(exchange, facts, message, stream);
        Costing.Apply(row, message?.Message, Prices);
        var tools = row.ToolCalls == 0 ? [] : ToolRollups.Of(message?.Message);
        IReadOnlyList<AccountWindowRow> windows = [.. AttemptRows.WindowsOf(exchange), .. AccountWindows.From(row.AccountId, exchange.Answer?.Headers, row.StartedAt.AddMicroseconds(exchange.Answer?.HeadersMicros ?? 0))];
        var begun = Stopwatch.GetTimestamp();
        var evidence = exchange.Start.Digest is { } digest ? digest.Link : _evidence.Read(exchange.Start, decoded.Span, _cut, facts);
        _linking += Stopwatch.GetTimestamp() - begun;
        if (!decoded.Equals(exchange.RequestBody))
            _cut.Read(exchange.RequestBody.Span);
        var parts = Pieces(exchange.Start.Domain, exchange.RequestBody, out var list);
        row.BodyHash = list.Length == 0 ? exchange.Start.Digest?.BodyHash : SHA256.HashData(list)[..16];
        if (exchange.Start.Capture == CaptureLevel.Off)
            Levels.OnlyCounts.Leave(row);
        if (exchange.PayloadShed || exchange.Start.Capture is CaptureLevel.Metadata or CaptureLevel.Off)
            return new(row, null, [], 0, tools, windows) { Link = Link(), Attempts = AttemptRows.Of(exchange, row) };
        var headers = _catalog.Of(exchange.Start.Domain, HeaderJson(exchange.Start.Headers, except: "content-length").ToArray());
        var payload = new PayloadRow
        {
            StartedAt = row.StartedAt,
            Id = row.Id,
            Parts = list,
            RequestHeaders = headers.Info.Hash,
            ResponseHeaders = exchange.Answer is { } answer ? _compressor.Compress(HeaderJson(answer.Headers).Span) : null,
            Response = exchange.ResponseBody.IsEmpty ? null : _compressor.Compress(exchange.ResponseBody.Span),
            Arrivals = stream && exchange.Arrivals.Count > 0 ? Journaling.ArrivalCodec.Encode(exchange.Arrivals) : null,
        };
        row.Payload = exchange.Start.Capture == CaptureLevel.Redacted ? "redacted" : "stored";
        parts.Add(headers);
        return new(row, payload, NewOf(parts), _cut.Others.Count, tools, windows) { Link = Link(), Attempts = AttemptRows.Of(exchange, row) };

        LinkItem? Link()
        {
            if (evidence is null || exchange.Start.Capture == CaptureLevel.Off)
                return null;
            var read = Stopwatch.GetTimestamp();
            var item = LinkItem.Of(row, evidence, EvidenceReader.OfAnswer(row.Domain, facts, evidence, message?.Message, () => stream ? Whole(exchange) : message?.Message));
            _linking += Stopwatch.GetTimestamp() - read;
            return item;
        }
    }

    private List<PartRow> NewOf(List<Part> parts)
    {
        var rows = new List<PartRow>();
        foreach (var part in parts)
        {
            if (part.Info.Stored == Today)
                continue;
            part.Info.Stored = Today;
            _told.Add(part.Info);
            rows.Add(new PartRow { Hash = part.Info.Hash, Data = _compressor.Compress(part.Content.Span), Size = part.Content.Length, LastSeen = Today });
        }

        return rows;
    }

    public void Dispose()
    {
        _compressor.Dispose();
        _headerWriter.Dispose();
    }

    private List<Part> Pieces(string domain, ReadOnlyMemory<byte> body, out byte[] list)
    {
        list = [];
        if (body.IsEmpty)
            return [];
        var parts = new List<Part>(_cut.Others.Count + _cut.Messages.Count + 2);
        foreach (var piece in _cut.Others)
            parts.Add(_catalog.Of(domain, body[piece]));
        var markers = CacheMarker.Find(body.Span, _cut.Messages);
        foreach (var message in RequestParts.Messages(body, _cut, markers))
            parts.Add(_catalog.Of(domain, message));
        parts.Add(_catalog.Of(domain, RequestParts.Skeleton(body.Span, _cut, markers)));
        list = new byte[parts.Count * SHA256.HashSizeInBytes];
        for (var i = 0; i < parts.Count; i++)
            parts[i].Info.Hash.CopyTo(list, i * SHA256.HashSizeInBytes);
        return parts;
    }

    private static (AssembledMessage? Message, bool Stream) Message(RecordedExchange exchange)
    {
        if (exchange.Answer is not { } answer || exchange.Start.Path is not "/v1/messages")
            return (null, false);
        var stream = answer.Headers.Find("content-type")?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true;
        if (ContentDecoding.Decode(exchange.ResponseBody, ContentDecoding.EncodingOf(answer.Headers)) is not { } body)
            return (null, stream);
        if (!stream)
            return (MessageAssembler.FromJson(body.Span), false);
        var facts = MessageAssembler.FactsOfStream(body);
        // Of a stream that broke off the text counts too: its output tokens are estimated from it.
        return (MessageAssembler.Text(facts.Message, "stop_reason") is null ? MessageAssembler.FromStream(body) : facts, true);
    }

    private static JsonObject? Whole(RecordedExchange exchange) =>
        ContentDecoding.Decode(exchange.ResponseBody, ContentDecoding.EncodingOf(exchange.Answer!.Headers)) is { } body ? MessageAssembler.FromStream(body).Message : null;

    private static LedgerRow Row(RecordedExchange exchange, RequestFacts facts, AssembledMessage? message, bool stream)
    {
        var (start, answer, end) = (exchange.Start, exchange.Answer, exchange.End);
        var outcome = exchange.ResponseBody.IsEmpty ? end.Outcome : Judge(end.Outcome, answer?.Status, message, stream);
        return new LedgerRow
        {
            StartedAt = start.StartedAt,
            Id = exchange.Id,
            Domain = PlainText.Clean(start.Domain)!,
            Method = PlainText.Clean(start.Method, 20)!,
            Path = PlainText.Clean(start.Path)!,
            Outcome = outcome.ToText(),
            Status = (short?)(end.Status ?? answer?.Status),
            AccountId = PlainText.Clean(AttemptRows.AccountOf(exchange)),
            KeyId = PlainText.Clean(start.KeyId),
            Owner = PlainText.Clean(start.Owner),
            ModelRequested = PlainText.Clean(facts.Model),
            ModelServed = PlainText.Clean(MessageAssembler.Text(message?.Message, "model")),
            RequestType = facts.RequestType,
            Lane = facts.Lane,
            Streaming = stream || facts.Stream,
            RateLimitStatus = AccountWindows.Status(answer?.Headers),
            FirstByteMs = exchange.Arrivals.Count > 0 ? Milliseconds(exchange.Arrivals[0].Micros) : null,
            FirstTokenMs = FirstToken(exchange, message),
            DurationMs = Milliseconds(end.TotalMicros),
            ToolCalls = message?.ToolCalls ?? 0,
            StopReason = PlainText.Clean(MessageAssembler.Text(message?.Message, "stop_reason"), 50),
            MessageCount = facts.MessageCount,
            SessionId = PlainText.Clean(facts.SessionId),
            AgentId = PlainText.Clean(facts.AgentId),
            ParentAgentId = PlainText.Clean(facts.ParentAgentId),
            Client = PlainText.Clean(facts.Client, 100),
            UpstreamRequestId = PlainText.Clean(answer?.Headers.Find("request-id")),
            MessageId = PlainText.Clean(MessageAssembler.Text(message?.Message, "id")),
            RequestBytes = end.RequestBytes,
            ResponseBytes = end.ResponseBytes,
            ErrorType = PlainText.Clean(message?.ErrorType ?? end.ErrorType, 100),
            ErrorMessage = PlainText.Clean(message?.ErrorMessage ?? (outcome == Outcome.Completed ? null : end.Error), 200),
            Payload = exchange.PayloadShed ? "shed" : "none",
            Policy = start.Policy,
        };
    }

    /// <summary>
    /// What the bytes say over what the connection said: an error event, a stream that ended without its stop, or an answer
    /// that was whole when its caller, its upstream or Nexus itself went away.
    /// </summary>
    private static Outcome Judge(Outcome outcome, int? status, AssembledMessage? message, bool stream) => (outcome, message) switch
    {
        (Outcome.Completed, { ErrorType: not null }) => Outcome.UpstreamError,
        (Outcome.Completed, { Stopped: false }) when stream => Outcome.UpstreamCut,
        (Outcome.ClientAborted or Outcome.UpstreamCut or Outcome.UpstreamTimeout or Outcome.Interrupted, { Stopped: true, ErrorType: null }) when status < 400 => Outcome.Completed,
        _ => outcome,
    };

    private static int? FirstToken(RecordedExchange exchange, AssembledMessage? message)
    {
        if (message?.FirstContentOffset is not { } offset || ContentDecoding.EncodingOf(exchange.Answer!.Headers) is not null)
            return null;
        int? at = null;
        foreach (var arrival in exchange.Arrivals)
        {
            if (arrival.Offset > offset)
                break;
            at = Milliseconds(arrival.Micros);
        }

        return at;
    }

    private static int Milliseconds(long micros) => (int)Math.Clamp(micros / 1000, 0, int.MaxValue);

    /// <summary>Pairs of name and value; valid until the next call.</summary>
    private ReadOnlyMemory<byte> HeaderJson(IReadOnlyList<HeaderLine> headers, string? except = null)
    {
        _headers.ResetWrittenCount();
        _headerWriter.Reset();
        _headerWriter.WriteStartArray();
        foreach (var (name, value) in headers)
        {
            if (name.Equals(except, StringComparison.OrdinalIgnoreCase))
                continue;
            _headerWriter.WriteStartArray();
            _headerWriter.WriteStringValue(name);
            _headerWriter.WriteStringValue(value);
            _headerWriter.WriteEndArray();
        }

        _headerWriter.WriteEndArray();
        _headerWriter.Flush();
        return _headers.WrittenMemory;
    }
}

namespace Nexus.Web.Conformance;

/// <summary>One clause of the wire contract as an experiment: what a client sends, what the upstream answers, and what both must have seen.</summary>
/// <param name="Name">Short and stable; scripts and tests name a check by it.</param>
/// <param name="Clause">What the contract says.</param>
internal sealed record Check(string Name, string Clause, Ask Ask, Reply Reply, params Expectation[] Expect);

/// <summary>What must hold afterwards.</summary>
/// <param name="Problem">What is wrong, in a few words; null when nothing is.</param>
internal sealed record Expectation(Func<Observed, string?> Problem);

/// <summary>Where a client shows which key.</summary>
internal enum Shown
{
    Bearer,
    ApiKey,
    Both,
    WrongKey,
    Nothing,
}

/// <summary>What a client sends.</summary>
internal sealed record Ask(string Method, string Target)
{
    public const string Messages = "/v1/messages";

    public byte[] Body { get; init; } = [];
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
    public Shown Shown { get; init; }

    /// <summary>At the domain whose account has an OAuth token.</summary>
    public bool OAuth { get; init; }

    /// <summary>Sent this often, all at once.</summary>
    public int Times { get; init; } = 1;

    /// <summary>The client leaves after the first piece of the answer.</summary>
    public bool LeavesEarly { get; init; }

    /// <summary>The one header that the contract lets Nexus set on this request.</summary>
    public string? MaySet { get; init; }

    public static Ask Message(string body = """{"model":"claude-conformance","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}""", string target = Messages, params (string Name, string Value)[] headers) =>
        new("POST", target) { Body = System.Text.Encoding.UTF8.GetBytes(body), Headers = [("Content-Type", "application/json"), ("anthropic-version", "2023-06-01"), .. headers] };

    public static Ask Get(string target, params (string Name, string Value)[] headers) => new("GET", target) { Headers = headers };
}

internal enum Ending
{
    Whole,

    /// <summary>The connection is reset after the last piece.</summary>
    Cut,

    /// <summary>The connection is reset before any header.</summary>
    CutBeforeHeaders,
}

/// <summary>What the scripted upstream answers.</summary>
/// <param name="Pieces">Written and flushed one by one.</param>
internal sealed record Reply(int Status, IReadOnlyList<(string Name, string Value)> Headers, params byte[][] Pieces)
{
    public Ending Ending { get; init; }

    /// <summary>With a <c>content-length</c>: this one where the answer is to end too early, else the true one; null: chunked.</summary>
    public long? Length { get; init; }

    /// <summary>The next piece is written only when the client has the last one.</summary>
    public bool Paced { get; init; }

    public byte[] Bytes => [.. Pieces.SelectMany(piece => piece)];

    public static Reply Json(string body, int status = 200, params (string Name, string Value)[] headers)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(body);
        return new(status, [("Content-Type", "application/json"), .. headers], bytes) { Length = bytes.Length };
    }

    public static Reply Stream(params string[] pieces) =>
        new(200, [("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-cache")], [.. pieces.Select(System.Text.Encoding.UTF8.GetBytes)]);
}

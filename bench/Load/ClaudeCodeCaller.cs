using System.Buffers;
using System.Text;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Load;

/// <summary>
/// One Claude Code at work: a tool loop whose every turn resends the session so far, and only the end is new. As the real one
/// does, the last message carries <c>cache_control</c>, which moves on; the session's id is in header and metadata.
/// </summary>
internal sealed class ClaudeCodeCaller : Caller
{
    /// <summary>Bytes of new text that a turn's tool result brings; the answer before it is about 1 KB.</summary>
    public const int ResultLength = 1200;

    private static readonly ArraySegment<byte> Start = Ascii($$"""{"model":"{{LoadAnswers.Model}}","messages":[""");
    private readonly string _host;
    private readonly int _longest;
    private readonly string _key;
    private readonly ArrayBufferWriter<byte> _history = new(256 * 1024);
    private byte[] _last = [];
    private byte[] _lastPlain = [];
    private ArraySegment<byte> _rest;
    private string _session = "";

    /// <param name="longest">Bytes of a body after which a new session begins; 0: never.</param>
    /// <param name="startAt">Bytes that the first session's body has already, so that callers are not in step.</param>
    public ClaudeCodeCaller(string host, int longest, int startAt, string key = OwnKey)
    {
        _host = host;
        _longest = longest;
        _key = key;
        Begin();
        while (Length < startAt)
            Append((ulong)Random.Shared.NextInt64());
    }

    /// <summary>Of the body of the next request.</summary>
    public int Length => Start.Count + _history.WrittenCount + _last.Length + _rest.Count;

    /// <summary>Bytes of the conversation alone, without system and tools.</summary>
    public int TranscriptLength => _history.WrittenCount + _last.Length;

    /// <summary>Of the body: as with the real one, no header changes from turn to turn.</summary>
    protected override ulong AnswerNumber => Sent;

    protected override LoadAnswers.Answer Answer => LoadAnswers.Stream(Sent);

    protected override void AddBody(List<ArraySegment<byte>> request)
    {
        request.Add(Start);
        if (_history.WrittenCount > 0)
            request.Add(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(_history.WrittenMemory, out var written) ? written : default);
        request.Add(_last);
        request.Add(_rest);
    }

    protected override ArraySegment<byte> Head(int length) => Ascii($"""
        POST /v1/messages?beta=true HTTP/1.1
        Accept: application/json
        Authorization: Bearer {_key}
        Content-Type: application/json
        User-Agent: claude-cli/2.1.330 (external, cli)
        X-Claude-Code-Session-Id: {_session}
        X-Stainless-Arch: x64
        X-Stainless-Lang: js
        X-Stainless-OS: Linux
        X-Stainless-Package-Version: 0.137.0
        X-Stainless-Retry-Count: 0
        X-Stainless-Runtime: node
        X-Stainless-Runtime-Version: v24.3.0
        X-Stainless-Timeout: 600
        anthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24
        anthropic-dangerous-direct-browser-access: true
        anthropic-version: 2023-06-01
        x-app: cli
        {LoadEndpoint.Ask}: sse
        Connection: keep-alive
        Host: {_host}
        Accept-Encoding: gzip, deflate, br, zstd
        Content-Length: {length}


        """.ReplaceLineEndings("\r\n"));

    protected override void Answered()
    {
        if (_longest > 0 && Length >= _longest)
            Begin();
        else
            Append(Sent);
    }

    private void Begin()
    {
        _session = Guid.NewGuid().ToString();
        _history.ResetWrittenCount();
        var rest = new ArrayBufferWriter<byte>();
        ClaudeCodeShape.WriteRest(rest, _session);
        _rest = rest.WrittenSpan.ToArray();
        var (plain, cached) = ClaudeCodeShape.FirstMessage((ulong)Random.Shared.NextInt64());
        (_lastPlain, _last) = (plain, cached);
    }

    /// <summary>The answer joins the history, and the result of its tool call becomes the last message.</summary>
    private void Append(ulong number)
    {
        _history.Write(_lastPlain);
        _history.Write(","u8);
        _history.Write(LoadAnswers.Turn(number).Whole(number));
        _history.Write(","u8);
        var text = Encoding.ASCII.GetString(Corpus.Slice(number, ResultLength));
        var block = $$"""{"tool_use_id":"{{LoadAnswers.ToolId(number)}}","type":"tool_result","content":"{{text}}""";
        _lastPlain = Encoding.ASCII.GetBytes($$$"""{"role":"user","content":[{{{block}}}"}]}""");
        _last = Encoding.ASCII.GetBytes($$$"""{"role":"user","content":[{{{block}}}","cache_control":{"type":"ephemeral"}}]}""");
    }
}

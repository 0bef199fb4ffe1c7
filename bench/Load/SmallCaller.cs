using System.Buffers.Text;
using System.Text;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Load;

/// <summary>A program that asks small questions through an SDK: half a kilobyte each, no two the same, not streamed.</summary>
internal sealed class SmallCaller : Caller
{
    private const string Slot = "0123456789abcdef";
    private readonly byte[] _head;
    private readonly int _headNumber;
    private readonly byte[] _body;
    private readonly int _bodyNumber;
    private readonly int _bodyText;

    public SmallCaller(string host, string key = OwnKey)
    {
        _body = Encoding.ASCII.GetBytes($$"""{"model":"claude-haiku-4-5-20251001","max_tokens":256,"temperature":0,"system":"Classify the support ticket as billing, bug or other. Answer with one word.","messages":[{"role":"user","content":"Ticket {{Slot}}: {{new string('~', 200)}}"}]}""");
        _bodyNumber = _body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Slot));
        _bodyText = _body.AsSpan().IndexOf((byte)'~');
        _head = Encoding.ASCII.GetBytes($"""
            POST /v1/messages HTTP/1.1
            Host: {host}
            Accept: application/json
            User-Agent: Anthropic/JS 1.12.0
            x-api-key: {key}
            anthropic-version: 2026-10-21
            X-Stainless-Lang: js
            X-Stainless-Package-Version: 1.12.0
            X-Stainless-Runtime: node
            X-Stainless-Retry-Count: 0
            Content-Type: application/json
            Content-Length: {_body.Length}
            {LoadEndpoint.Ask}: json {Slot}


            """.ReplaceLineEndings("\r\n"));
        _headNumber = _head.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Slot));
    }

    protected override LoadAnswers.Answer Answer => LoadAnswers.Message(Number);

    protected override void AddBody(List<ArraySegment<byte>> request)
    {
        Utf8Formatter.TryFormat(Number, _body.AsSpan(_bodyNumber), out _, new('x', 16));
        var text = Corpus.Slice(Number, 200)[..198];
        text.CopyTo(_body.AsSpan(_bodyText));
        // An escape may be cut in half at the end.
        "  "u8.CopyTo(_body.AsSpan(_bodyText + 198));
        if (text[^1] == (byte)'\\')
            _body[_bodyText + 197] = (byte)' ';
        request.Add(_body);
    }

    protected override ArraySegment<byte> Head(int length)
    {
        Utf8Formatter.TryFormat(Number, _head.AsSpan(_headNumber), out _, new('x', 16));
        return _head;
    }
}

namespace Nexus.Web.Capture;

/// <summary>
/// Where the pieces of a request body lie: every element of the top-level arrays <c>tools</c>, <c>system</c> and
/// <c>messages</c>, which Claude Code resends each turn, and the members around them. Reused from body to body: for one thread.
/// </summary>
internal sealed class BodyCut
{
    private readonly List<Range> _others = [];
    private readonly List<Range> _messages = [];
    private readonly List<(Range Name, Range Value)> _members = [];

    /// <summary>Elements of <c>messages</c>.</summary>
    public IReadOnlyList<Range> Messages => _messages;

    /// <summary>Elements of <c>system</c> and <c>tools</c> in the order of the body.</summary>
    public IReadOnlyList<Range> Others => _others;

    /// <summary>How many of <see cref="Others"/> stand before the messages.</summary>
    public int OthersBefore { get; private set; }

    /// <summary>The body is an object that closes. False leaves everything else empty.</summary>
    public bool IsObject { get; private set; }

    public static BodyCut Of(ReadOnlySpan<byte> body)
    {
        var cut = new BodyCut();
        cut.Read(body);
        return cut;
    }

    public void Read(ReadOnlySpan<byte> body)
    {
        Clear();
        IsObject = TryRead(body);
        if (!IsObject)
            Clear();
    }

    /// <summary>The value of a top-level member; of a repeated one the first; empty when there is none.</summary>
    public ReadOnlySpan<byte> Member(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        foreach (var member in _members)
            if (body[member.Name].SequenceEqual(name))
                return body[member.Value];
        return default;
    }

    private void Clear()
    {
        _others.Clear();
        _messages.Clear();
        _members.Clear();
        OthersBefore = 0;
    }

    private bool TryRead(ReadOnlySpan<byte> body)
    {
        var at = JsonSlice.SkipSpace(body, 0);
        if (at >= body.Length || body[at] != '{')
            return false;
        at++;
        var messagesSeen = false;
        while (true)
        {
            at = JsonSlice.SkipSpace(body, at);
            if (at >= body.Length)
                return false;
            if (body[at] == '}')
                return true;
            if (body[at] == ',')
            {
                at++;
                continue;
            }

            var start = JsonSlice.StartOfMemberValue(body, at, out var name);
            if (start < 0)
                return false;
            at = ReadMember(body, name, start, ref messagesSeen);
            if (at < 0)
                return false;
            _members.Add((name, start..at));
        }
    }

    private int ReadMember(ReadOnlySpan<byte> body, Range name, int at, ref bool messagesSeen)
    {
        if (at >= body.Length || body[at] != '[')
            return JsonSlice.EndOfValue(body, at);
        var key = body[name];
        if (key.SequenceEqual("messages"u8) && !messagesSeen)
        {
            messagesSeen = true;
            OthersBefore = _others.Count;
            return CutArray(body, at, _messages);
        }

        return key.SequenceEqual("system"u8) || key.SequenceEqual("tools"u8) ? CutArray(body, at, _others) : JsonSlice.EndOfValue(body, at);
    }

    private static int CutArray(ReadOnlySpan<byte> body, int at, List<Range> pieces)
    {
        at++;
        while (true)
        {
            at = JsonSlice.SkipSpace(body, at);
            if (at >= body.Length)
                return -1;
            if (body[at] == ']')
                return at + 1;
            if (body[at] == ',')
            {
                at++;
                continue;
            }

            var end = JsonSlice.EndOfValue(body, at);
            if (end <= at)
                return -1;
            pieces.Add(at..end);
            at = end;
        }
    }
}

using System.IO.Hashing;
using System.Text;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Load;

/// <summary>One caller of a closed loop: makes its next request, and knows what a right answer is.</summary>
internal abstract class Caller
{
    /// <summary>A caller's own Claude credential.</summary>
    public const string OwnKey = "sk-ant-bench-0000000000000000000000000000";

    private static long _numbers = Random.Shared.NextInt64(1L << 60);

    private readonly List<ArraySegment<byte>> _request = [];

    /// <summary>Of the request last made. No two requests of the bench have the same, so no two are the same.</summary>
    protected ulong Number { get; private set; }

    /// <summary>Hash of the body last made.</summary>
    protected ulong Sent { get; private set; }

    /// <summary>What upstream makes its answer of: the number that it was told, or what it received.</summary>
    protected virtual ulong AnswerNumber => Number;

    public IList<ArraySegment<byte>> Next()
    {
        Number = (ulong)Interlocked.Increment(ref _numbers);
        _request.Clear();
        _request.Add(default);
        AddBody(_request);
        var hash = new XxHash3();
        var length = 0;
        for (var i = 1; i < _request.Count; i++)
        {
            hash.Append(_request[i]);
            length += _request[i].Count;
        }

        Sent = hash.GetCurrentHashAsUInt64();
        _request[0] = Head(length);
        return _request;
    }

    /// <summary>Whether upstream got what was sent, and this got what upstream answers.</summary>
    public bool Accepts(ResponseParser response, ulong answerHash)
    {
        if (response.Status != 200 || response.ReceivedHash != Sent || answerHash != XxHash3.HashToUInt64(Answer.Whole(AnswerNumber)))
            return false;
        Answered();
        return true;
    }

    protected abstract LoadAnswers.Answer Answer { get; }

    /// <summary>Adds the body's pieces.</summary>
    protected abstract void AddBody(List<ArraySegment<byte>> request);

    /// <summary>The request's line and headers.</summary>
    protected abstract ArraySegment<byte> Head(int length);

    /// <summary>The last answer was right.</summary>
    protected virtual void Answered()
    {
    }

    protected static ArraySegment<byte> Ascii(string text) => Encoding.ASCII.GetBytes(text);
}

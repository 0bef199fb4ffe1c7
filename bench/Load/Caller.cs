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
    private ulong _sent;

    /// <summary>Of the request last made. No two requests of the bench have the same, so no two are the same.</summary>
    protected ulong Number { get; private set; }

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

        _sent = hash.GetCurrentHashAsUInt64();
        _request[0] = Head(length);
        return _request;
    }

    /// <summary>Whether upstream got what was sent, and this got what upstream answers.</summary>
    public bool Accepts(ResponseParser response, ulong answerHash)
    {
        if (response.Status != 200 || response.ReceivedHash != _sent || answerHash != XxHash3.HashToUInt64(Answer.Whole(Number)))
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

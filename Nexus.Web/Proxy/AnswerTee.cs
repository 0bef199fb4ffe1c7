using Nexus.Web.Capture;

namespace Nexus.Web.Proxy;

/// <summary>
/// Sees each read of the upstream's answer before the caller gets it, and has it in the journal before it hands on the bytes
/// that complete it: the last counted byte, the <c>message_stop</c> event, the end.
/// </summary>
internal sealed class AnswerTee(ProxiedRequest request, HttpResponseMessage answer, long requestBytes, CancellationToken callerLeft)
{
    /// <summary>Bytes of an answer held in memory. Less for streams: there may be a thousand of them, and they take minutes.</summary>
    private const int MostOfBody = 256 * 1024, MostOfStream = 16 * 1024;
    private readonly long? _counted = answer.Content.Headers.ContentLength;
    private readonly bool _failed = (int)answer.StatusCode >= 400;
    private readonly bool _eventStream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
    // Inside a compressed stream message_stop cannot be seen, so each read may be the one that completes it.
    private readonly bool _encoded = answer.Content.Headers.ContentEncoding.Count > 0;
    private readonly string? _encoding = answer.Content.Headers.ContentEncoding.Count == 0 ? null : string.Join(',', answer.Content.Headers.ContentEncoding);
    private byte[] _tail = [];
    private int _tailLength;
    private bool _stopSeen;

    private static ReadOnlySpan<byte> Stop => "message_stop"u8;

    public void Observe(ReadOnlySpan<byte> bytes)
    {
        request.ResponseBytes += bytes.Length;
        var recorder = request.Recorder;
        if (bytes.IsEmpty)
        {
            Over();
            return;
        }

        // Before they are added, so that what holds them need not grow.
        if (recorder?.Uncommitted + bytes.Length > (_eventStream ? MostOfStream : MostOfBody))
            recorder!.Commit();
        recorder?.Received(bytes);
        request.Thread?.Observe(bytes, _encoding, request.Account!.Id);
        if (request.ResponseBytes == _counted)
            Over();
        else if (_eventStream && (_encoded || SeesStop(bytes)))
            recorder?.Commit();
    }

    /// <summary>The answer cannot be read further. Whether the caller had left is known only now: next, YARP cuts the caller off itself.</summary>
    public void Broke() => request.BrokeFor = callerLeft.IsCancellationRequested ? Side.Caller : Side.Upstream;

    private void Over()
    {
        if (_counted is { } counted && request.ResponseBytes < counted)
            return;
        request.AnswerIsWhole = true;
        request.Recorder?.End(new EndMetadata(_failed ? Outcome.UpstreamError : Outcome.Completed, request.Recorder.ElapsedMicros, requestBytes, request.ResponseBytes, Attempts: request.Attempts?.Done));
    }

    /// <summary>Whether the stop event has begun, in this read or across this and the last ones. A false alarm in a text costs one commit.</summary>
    private bool SeesStop(ReadOnlySpan<byte> bytes)
    {
        if (_stopSeen)
            return true;
        _stopSeen = bytes.IndexOf(Stop) >= 0 || AcrossReads(bytes);
        if (_tail.Length == 0)
            _tail = new byte[2 * Stop.Length];
        var keep = Stop.Length - 1;
        if (bytes.Length >= keep)
        {
            bytes[^keep..].CopyTo(_tail);
            _tailLength = keep;
        }
        else
        {
            var old = Math.Min(_tailLength, keep - bytes.Length);
            _tail.AsSpan(_tailLength - old, old).CopyTo(_tail);
            bytes.CopyTo(_tail.AsSpan(old));
            _tailLength = old + bytes.Length;
        }

        return _stopSeen;
    }

    private bool AcrossReads(ReadOnlySpan<byte> bytes)
    {
        Span<byte> seam = stackalloc byte[2 * Stop.Length];
        _tail.AsSpan(0, _tailLength).CopyTo(seam);
        var head = bytes[..Math.Min(bytes.Length, Stop.Length - 1)];
        head.CopyTo(seam[_tailLength..]);
        return seam[..(_tailLength + head.Length)].IndexOf(Stop) >= 0;
    }
}

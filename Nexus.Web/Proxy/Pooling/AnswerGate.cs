using Nexus.Web.Capture;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Usage;

namespace Nexus.Web.Proxy.Pooling;

/// <summary>
/// Looks at an answer before its first byte goes to the caller: what it tells of the account is learned, and a failure is held
/// back while another account may do better. A stream is held for its first event alone, and only where there is another.
/// </summary>
internal sealed class AnswerGate(TokenRefresh tokens, TimeProvider time)
{
    /// <summary>Whether the answer is kept from the caller. It is in <see cref="PooledRequest.Original"/> then, unless there was one before.</summary>
    public async ValueTask<bool> HoldsAsync(HttpContext context, ProxiedRequest request, HttpResponseMessage answer, CancellationToken cancellation)
    {
        var (pool, account, now) = (request.Pool!, request.Account!, time.GetUtcNow());
        var headers = HeaderMask.Lines(answer);
        var status = (int)answer.StatusCode;
        var verdict = Verdict.Of(status, Pairs(headers), now);
        ReadOnlyMemory<byte> read = default;
        Stream? rest = null;
        if (status < 400 && IsPlainEventStream(answer) && pool.HasAnother(now))
        {
            rest = await answer.Content.ReadAsStreamAsync(cancellation);
            (read, var errorType, var isError) = await ReadFirstEventAsync(rest, cancellation);
            if (isError)
                verdict = Verdict.Of(Verdict.StatusOf(errorType), Pairs(headers), now);
        }

        if (status == 401)
            tokens.Doubt(account);
        Learn(pool, account, verdict, status, headers, now);
        if (verdict.MayMove && (pool.Original is not null || pool.HasAnother(now)))
        {
            rest ??= await answer.Content.ReadAsStreamAsync(cancellation);
            (read, var isWhole) = await ReadToEndAsync(rest, read, cancellation);
            if (isWhole)
            {
                pool.Original ??= new(account, status, [.. context.Response.Headers], headers, read.ToArray());
                request.Attempts!.End(account, time.GetElapsedTime(request.ArrivalTimestamp), status, verdict.Scope, $"the upstream answered {status}", headers);
                pool.UpstreamFailures += verdict.Scope == FailureScope.Upstream ? 1 : 0;
                return true;
            }
        }

        if (rest is not null)
            answer.Content = PrefixedStream.Over(answer.Content, read, rest);
        pool.IsCommitted = true;
        request.Attempts!.End(account, time.GetElapsedTime(request.ArrivalTimestamp), status, verdict.Scope, verdict.Scope == FailureScope.None ? null : $"the upstream answered {status}", verdict.Scope == FailureScope.None ? [] : headers);
        return false;
    }

    /// <summary>The same of an answer to a request that has no other account to go to: for the page, and for pools that share the account.</summary>
    public void Saw(HttpContext context, ProxiedRequest request, Account account, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        if (status < 400 && account.State.Status.Cooldowns.IsEmpty)
            return;
        if (status == 401)
            tokens.Doubt(account);
        var (now, model) = (time.GetUtcNow(), PooledRequest.KeyOf(context.Request.Path, request.Model));
        var verdict = status < 400 ? default : Verdict.Of(status, Pairs(HeaderMask.Lines(answer)), now);
        account.State.Change(known => known.After(verdict, status, model, [], now, isProven: verdict.Refused && status == 401));
    }

    private static void Learn(PooledRequest pool, Account account, Verdict verdict, int status, IReadOnlyList<HeaderLine> headers, DateTimeOffset now)
    {
        IReadOnlyList<AccountWindow> windows = [.. AccountWindows.From(account.Id, headers, now).Select(row => new AccountWindow(row.WindowName, row.Status, row.Utilization, row.ResetsAt))];
        // An expired or revoked credential is refused whatever is asked; 402 and 403 may be about the request, until another account takes it.
        account.State.Change(known => known.After(verdict, status, pool.Model, windows, now, isProven: status == 401));
        if (verdict.Refused && status != 401)
            pool.Suspects.Add((account, $"the upstream answered {status}"));
        if (verdict.Scope != FailureScope.None)
            return;
        foreach (var (guilty, reason) in pool.Suspects)
            guilty.State.Change(known => known.Cooled(Cooldown.Isolation(reason, now)));
        pool.Suspects.Clear();
    }

    private static bool IsPlainEventStream(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType == "text/event-stream" && answer.Content.Headers.ContentEncoding.All(encoding => encoding == "identity");

    private static IEnumerable<KeyValuePair<string, string>> Pairs(IReadOnlyList<HeaderLine> headers) => headers.Select(line => KeyValuePair.Create(line.Name, line.Value));

    private static async Task<(ReadOnlyMemory<byte> Read, string? ErrorType, bool IsError)> ReadFirstEventAsync(Stream stream, CancellationToken cancellation)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var some = await stream.ReadAsync(buffer.AsMemory(length), cancellation);
            length += some;
            if (FirstEvent.TryRead(buffer.AsSpan(0, length), out var isError, out var errorType))
                return (buffer.AsMemory(0, length), errorType, isError);
            if (some == 0 || length >= FirstEvent.Most)
                return (buffer.AsMemory(0, length), null, false);
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(2 * length, FirstEvent.Most));
        }
    }

    private static async Task<(ReadOnlyMemory<byte> Read, bool IsWhole)> ReadToEndAsync(Stream stream, ReadOnlyMemory<byte> begun, CancellationToken cancellation)
    {
        var buffer = new byte[HeldAnswer.Most];
        begun.CopyTo(buffer);
        var length = begun.Length;
        while (length < buffer.Length)
        {
            var some = await stream.ReadAsync(buffer.AsMemory(length), cancellation);
            if (some == 0)
                return (buffer.AsMemory(0, length), true);
            length += some;
        }

        return (buffer.AsMemory(0, length), false);
    }
}

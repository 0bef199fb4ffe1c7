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
internal sealed class AnswerGate(TokenRefresh tokens, CredentialFiles files, TimeProvider time)
{
    /// <summary>So long the rest of a failed answer is waited for, while another account could be asked.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

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

        if (!IsOfAFormerSecret(request, account, verdict))
        {
            if (status == 401)
                tokens.Doubt(account);
            Learn(pool, account, verdict, status, headers, now);
        }

        if (verdict.MayMove && (pool.Original is not null || pool.HasAnother(now)))
        {
            // An error event tells all; what stands behind it may never come.
            var (isHeld, isWhole) = (rest is not null, rest is not null && answer.Content.Headers.ContentLength == read.Length);
            if (rest is null)
            {
                rest = await answer.Content.ReadAsStreamAsync(cancellation);
                (read, isHeld, isWhole) = await ReadErrorAsync(rest, cancellation);
            }

            if (isHeld)
            {
                pool.Original ??= new(account, status, [.. context.Response.Headers.Where(header => isWhole || !header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))], headers, read.ToArray());
                request.Attempts!.End(account, time.GetElapsedTime(request.ArrivalTimestamp), status, verdict.Scope, $"the upstream answered {status}", headers);
                pool.UpstreamFailures += verdict.Scope == FailureScope.Upstream ? 1 : 0;
                return true;
            }
        }

        if (rest is not null)
            answer.Content = PrefixedStream.Over(answer.Content, read, rest);
        (pool.IsCommitted, pool.Headers) = (true, headers);
        request.Attempts!.End(account, time.GetElapsedTime(request.ArrivalTimestamp), status, verdict.Scope, verdict.Scope == FailureScope.None ? null : $"the upstream answered {status}", verdict.Scope == FailureScope.None ? [] : headers);
        return false;
    }

    /// <summary>The same of an answer to a request that has no other account to go to: for the page, and for pools that share the account.</summary>
    public void Saw(HttpContext context, ProxiedRequest request, Account account, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        if (status < 400 && account.State.Status.Cooldowns.IsEmpty)
            return;
        var (now, model) = (time.GetUtcNow(), PooledRequest.KeyOf(context.Request.Path, request.Model));
        var verdict = status < 400 ? default : Verdict.Of(status, Pairs(HeaderMask.Lines(answer)), now);
        if (IsOfAFormerSecret(request, account, verdict))
            return;
        if (status == 401)
            tokens.Doubt(account);
        account.State.Change(known => known.After(verdict, status, model, [], now, isProven: verdict.Refused && status == 401));
    }

    /// <summary>A refusal of what the account has a successor for, by a refresh or a changed file, says nothing of the account.</summary>
    private bool IsOfAFormerSecret(ProxiedRequest request, Account account, Verdict verdict) =>
        verdict.Refused && (request.ShownSecret != account.Secret || files.Find(account.Domain)?.Accounts.FirstOrDefault(known => known.Id == account.Id) is { } now && request.ShownSecret != now.Secret);

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

    /// <summary>A failed answer as far as it comes in time. It is not held where it is longer than what is held.</summary>
    private async Task<(ReadOnlyMemory<byte> Read, bool IsHeld, bool IsWhole)> ReadErrorAsync(Stream stream, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        var buffer = new byte[HeldAnswer.Most];
        var length = 0;
        try
        {
            while (length < buffer.Length)
            {
                var some = await stream.ReadAsync(buffer.AsMemory(length), either.Token);
                if (some == 0)
                    return (buffer.AsMemory(0, length), true, true);
                length += some;
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException && patience.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return (buffer.AsMemory(0, length), true, false);
        }

        return (buffer.AsMemory(0, length), false, false);
    }
}

using Nexus.Web.Capture;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;

namespace Nexus.Web.Proxy.Pooling;

/// <summary>The attempts of one request; made for a pool's requests, and where an attempt failed and another follows.</summary>
internal sealed class AttemptLog
{
    private readonly List<AttemptMetadata> _done = [];
    private TimeSpan _after;
    private TimeSpan _wait;
    private bool _open = true;

    public IReadOnlyList<AttemptMetadata> Done => _done;

    /// <param name="after">From the request's arrival.</param>
    /// <param name="wait">Waited on purpose before it.</param>
    public void Begin(TimeSpan after, TimeSpan wait) => (_after, _wait, _open) = (after, wait, true);

    /// <summary>The attempt under way is over, or its answer goes to the caller; the first call counts.</summary>
    public void End(Account? account, TimeSpan after, int? status, FailureScope scope, string? error, IReadOnlyList<HeaderLine> headers)
    {
        if (!_open)
            return;
        _open = false;
        _done.Add(new(account?.Id, (long)_after.TotalMicroseconds, (long)_wait.TotalMicroseconds, (long)(after - _after).TotalMicroseconds, status, TextOf(scope), error, headers));
    }

    public static string? TextOf(FailureScope scope) => scope switch
    {
        FailureScope.Request => "request",
        FailureScope.Model => "model",
        FailureScope.Account => "account",
        FailureScope.Upstream => "upstream",
        _ => null,
    };
}

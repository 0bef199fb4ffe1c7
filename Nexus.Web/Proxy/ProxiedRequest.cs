using Nexus.Web.Access;
using Nexus.Web.Access.Limits;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Credentials;
using Nexus.Web.Proxy.Pooling;

namespace Nexus.Web.Proxy;

/// <summary>The two ends of a proxied request.</summary>
internal enum Side
{
    Caller,
    Upstream,
}

/// <summary>What the steps of the request path know about one request; a feature of its <see cref="HttpContext"/>.</summary>
internal sealed class ProxiedRequest(Guid id, DateTimeOffset startedAt, long arrivalTimestamp)
{
    /// <summary>UUIDv7 of <see cref="StartedAt"/>; goes back as <c>x-nexus-request-id</c>.</summary>
    public Guid Id => id;

    /// <summary>Whole milliseconds, so that the id names its ledger partition.</summary>
    public DateTimeOffset StartedAt => startedAt;

    public long ArrivalTimestamp => arrivalTimestamp;

    public string Domain { get; set; } = "";

    /// <summary>Set once access is granted.</summary>
    public Caller? Caller { get; set; }

    /// <summary>The account that pays for the attempt under way; null where the caller's own credential passes through.</summary>
    public Account? Account { get; private set; }

    /// <summary>What the upstream was shown of <see cref="Account"/> in the attempt under way; never logged.</summary>
    public string? ShownSecret { get; set; }

    /// <summary>The way over a pool's accounts; null where there is one account, or none.</summary>
    public PooledRequest? Pool { get; set; }

    /// <summary>Null while the first attempt is all there is.</summary>
    public AttemptLog? Attempts { get; set; }

    /// <summary>The request goes on from what one account holds: it is never asked twice.</summary>
    public bool IsPinned { get; set; }

    /// <summary>Learns from the answer which account holds its thread; null where no pool could lose it.</summary>
    public ThreadLearner? Thread { get; set; }

    /// <summary>The whole body of a messages or count_tokens request; null for what is streamed through.</summary>
    public PooledBody? Body { get; set; }

    public string? Model { get; set; }

    /// <summary>What the caller's limits decided (JSON); null when none applied.</summary>
    public string? Policy { get; set; }

    /// <summary>Null when no limit applied.</summary>
    public Reservation? Reservation { get; set; }

    /// <summary>Null when nothing is recorded (STORAGE_ENABLED=false).</summary>
    public ExchangeRecorder? Recorder { get; set; }

    /// <summary>Status that the upstream answered with; null before its headers arrived.</summary>
    public int? UpstreamStatus { get; set; }

    /// <summary>The whole answer came from the upstream: what happens to the connection now changes no outcome.</summary>
    public bool AnswerIsWhole { get; set; }

    public long ResponseBytes { get; set; }

    /// <summary>Whose doing it was that the answer could not be read to its end; null while it could.</summary>
    public Side? BrokeFor { get; set; }

    /// <summary>Nexus itself cut the request short, because it stops.</summary>
    public bool IsInterrupted { get; set; }

    /// <summary>Gives the body's memory back once it is all upstream; until then another account may need it.</summary>
    public void ReleaseBody(HttpContext context)
    {
        if (context.Request.Body is MemoryStream body && body.Position == body.Length)
            Body?.Dispose();
    }

    /// <summary>Counts the request in flight at its account; null when it is at none any more.</summary>
    public void PayWith(Account? account)
    {
        Account?.State.Leave();
        account?.State.Enter();
        Account = account ?? Account;
    }

    public long RequestBytes(HttpContext context) => Body?.Length ?? context.Request.ContentLength ?? 0;

    public static ProxiedRequest Of(HttpContext context) => context.Features.Get<ProxiedRequest>() ?? throw new InvalidOperationException("RequestEntry has not run for this request.");
}

using System.Threading.Channels;
using Nexus.Web.Access.Roles;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Audit;

/// <summary>
/// Writes down what changes no row itself: sign-ins, and content that is looked at or taken away. Nobody waits for it, and while the
/// database is away it waits in memory.
/// </summary>
internal sealed partial class AuditTrail(Database database, SecretMask mask, TimeProvider time, ILogger<AuditTrail> logger) : BackgroundService
{
    /// <summary>Entries that wait; past it new ones are lost and the log says so.</summary>
    private const int Most = 5_000;

    /// <summary>Who turns over the pages of one conversation looks at it once; wrong keys of one address are one entry a minute.</summary>
    private static readonly TimeSpan Same = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan SameFailure = TimeSpan.FromMinutes(1);
    private const int MostRemembered = 10_000;
    private const string TooMuch = "too much waits for the database.";
    private const int MostOfQuery = 2_000;

    private readonly Channel<AuditRow> _waiting = Channel.CreateBounded<AuditRow>(new BoundedChannelOptions(Most) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly Dictionary<(string, string?, string, string), DateTimeOffset> _lately = [];
    private readonly Lock _lock = new();

    public void Note(Actor actor, string action, string subject, object? details = null)
    {
        if (!_waiting.Writer.TryWrite(AuditLog.Row(actor, time.GetUtcNow(), action, subject, details)))
            Log.Lost(logger, action, subject, TooMuch);
    }

    /// <summary>At once, for commands: they have nobody who writes later.</summary>
    public static async Task WriteAsync(Database database, Actor actor, string action, string subject, object? details, CancellationToken cancellation)
    {
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
        db.Record(actor, TimeProvider.System.GetUtcNow(), action, subject, details);
        await db.SaveChangesAsync(cancellation);
    }

    public void NoteFailedLogin(Actor actor)
    {
        if (IsNew(actor, "login.failed", "dashboard", SameFailure))
            Note(actor, "login.failed", "dashboard");
    }

    /// <summary>Somebody whom a provider or a proxy vouches for may not sign in.</summary>
    public void NoteRefused(Actor actor, string person, object details)
    {
        if (IsNew(actor, "login.refused", person, SameFailure))
            Note(actor, "login.refused", mask.Apply(PlainText.Clean(person, 200)!), details);
    }

    /// <summary>Somebody who is signed in asked for what their role does not allow.</summary>
    public void NoteDenied(HttpContext context, string name, string needed)
    {
        var (actor, method) = (new Actor(name, context.Connection.RemoteIpAddress?.ToString()), context.Request.Method);
        // By the endpoint: who makes up addresses or methods must not make entries by it.
        var address = context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route } ? "/" + route.Trim('/') : "an unknown path";
        var subject = $"{(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsPatch(method) || HttpMethods.IsDelete(method) ? method : "other")} {address}";
        if (IsNew(actor, "role.refused", subject, SameFailure))
            Note(actor, "role.refused", subject, new { needed });
    }

    /// <summary>After an answer: whether it showed content or was an export is told by the endpoint that gave it, however its address was spelled.</summary>
    public void NoteRead(HttpContext context)
    {
        var access = ContentAccess.Of(context);
        if (context.Response.StatusCode >= 300 || (ContentReads.Of(context) ?? (access.Grant is null ? null : ("content.viewed", "/" + RoleTable.Of(context.GetEndpoint()).Route))) is not var (action, subject))
            return;
        if (action == "content.viewed" && !access.Open)
            return;
        var actor = Actor.Of(context);
        // With a reason each view is an entry of its own.
        if (action != "export.made" && access.Grant is null && !IsNew(actor, action, subject, Same))
            return;
        var query = context.Request.QueryString is { HasValue: true, Value: { } text } ? PlainText.Clean(string.Join('&', text.Split('&').Select(Shown)), MostOfQuery) : null;
        if (access.Grant is { } grant)
            Note(actor, action, subject, new { query, grant.Reason, grant = grant.Id });
        else
            Note(actor, action, subject, query is null ? null : new { query });
    }

    /// <summary>A part of a query string: as it came, unless there is a secret in it, also in one that is written with escapes.</summary>
    private string Shown(string part)
    {
        var plain = Uri.UnescapeDataString(part.Replace('+', ' '));
        var masked = mask.Apply(plain);
        return masked == plain ? mask.Apply(part) : masked;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                await database.WaitUntilReadyAsync(stoppingToken);
                if (!await TryWriteAsync(stoppingToken))
                    await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            if (_waiting.Reader.Count > 0 && database.State.Condition == DatabaseCondition.Ready)
                await TryWriteAsync(limit.Token);
        }
    }

    private async Task<bool> TryWriteAsync(CancellationToken cancellation)
    {
        var rows = new List<AuditRow>();
        while (rows.Count < 500 && _waiting.Reader.TryRead(out var row))
            rows.Add(row);
        return await RowByRow.WriteAsync(rows, some => SaveAsync(some, cancellation), (row, error) => Log.Lost(logger, row.Action, row.Subject, error.GetBaseException().Message), (left, _) => PutBack(left));
    }

    private async Task SaveAsync(IReadOnlyList<AuditRow> rows, CancellationToken cancellation)
    {
        foreach (var row in rows)
            row.Id = 0;
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
        db.AddRange(rows);
        await db.SaveChangesAsync(cancellation);
    }

    private void PutBack(IEnumerable<AuditRow> rows)
    {
        foreach (var row in rows)
            if (!_waiting.Writer.TryWrite(row))
                Log.Lost(logger, row.Action, row.Subject, TooMuch);
    }

    private bool IsNew(Actor actor, string action, string subject, TimeSpan within)
    {
        var now = time.GetUtcNow();
        var key = (actor.Name, actor.Address, action, subject);
        lock (_lock)
        {
            if (_lately.TryGetValue(key, out var last) && now - last < within)
                return false;
            if (_lately.Count >= MostRemembered)
                _lately.Clear();
            _lately[key] = now;
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "audit_lost", Level = LogLevel.Error, Message = "'{Action}' of {Subject} is not in the audit log: {Reason}")]
        public static partial void Lost(ILogger logger, string action, string subject, string reason);
    }
}

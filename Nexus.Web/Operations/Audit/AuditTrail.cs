using System.Text.RegularExpressions;
using System.Threading.Channels;
using Nexus.Web.Access.Roles;
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

    private readonly Channel<AuditRow> _waiting = Channel.CreateBounded<AuditRow>(new BoundedChannelOptions(Most) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly Dictionary<(string, string?, string, string), DateTimeOffset> _lately = [];
    private readonly Lock _lock = new();

    public void Note(Actor actor, string action, string subject, object? details = null)
    {
        if (!_waiting.Writer.TryWrite(AuditLog.Row(actor, time.GetUtcNow(), action, subject, details)))
            Log.Lost(logger, action, subject);
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
            Note(actor, "login.refused", mask.Apply(person.Length > 200 ? person[..200] : person), details);
    }

    /// <summary>Somebody who is signed in asked for what their role does not allow.</summary>
    public void NoteDenied(HttpContext context, string name, string needed)
    {
        var (actor, path) = (new Actor(name, context.Connection.RemoteIpAddress?.ToString()), context.Request.Path.Value ?? "");
        var subject = $"{context.Request.Method} {mask.Apply(path.Length > 200 ? path[..200] : path)}";
        if (IsNew(actor, "role.refused", subject, SameFailure))
            Note(actor, "role.refused", subject, new { needed });
    }

    /// <summary>After an answer: whether it showed content or was an export is told by its address.</summary>
    public void NoteRead(HttpContext context)
    {
        var access = ContentAccess.Of(context);
        if (context.Response.StatusCode >= 300 || (Read(context.Request) ?? (access.Grant is null ? null : ("content.viewed", context.Request.Path.Value ?? ""))) is not var (action, subject))
            return;
        if (action == "content.viewed" && !access.Open)
            return;
        var actor = Actor.Of(context);
        // With a reason each view is an entry of its own.
        if (action != "export.made" && access.Grant is null && !IsNew(actor, action, subject, Same))
            return;
        var query = context.Request.QueryString is { HasValue: true, Value: { } text } ? string.Join('&', text.Split('&').Select(Shown)) : null;
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
        try
        {
            await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
            db.AddRange(rows);
            await db.SaveChangesAsync(cancellation);
            return true;
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is OperationCanceledException or Microsoft.EntityFrameworkCore.DbUpdateException)
        {
            foreach (var row in rows)
            {
                row.Id = 0;
                if (!_waiting.Writer.TryWrite(row))
                    Log.Lost(logger, row.Action, row.Subject);
            }

            return false;
        }
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

    private static (string Action, string Subject)? Read(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        if (!HttpMethods.IsGet(request.Method))
            return path.StartsWith("/jobs/", StringComparison.Ordinal) && !path.StartsWith("/jobs/stats", StringComparison.Ordinal) ? ("jobs.console", path["/jobs/".Length..]) : null;
        if (path == "/dashboard/logs" && request.Query["handler"].ToString() is "Export" or "Day")
            return ("export.made", "log");
        if (path == "/dashboard/compare" && Guid.TryParse(request.Query["left"], out var left) && Guid.TryParse(request.Query["right"], out var right))
            return ("content.viewed", $"requests {left} {right}");
        if (Export().Match(path) is { Success: true } export)
            return ("export.made", export.Groups[1].Value);
        if (Analysis().Match(path) is { Success: true } analysis)
            return ("content.viewed", "analysis of conversation " + analysis.Groups[1].Value);
        return Content().Match(path) is { Success: true } content && (content.Groups[2].Value == "request" || path.EndsWith("/export", StringComparison.Ordinal) || path.StartsWith("/dashboard/", StringComparison.Ordinal))
            ? ("content.viewed", $"{content.Groups[2].Value} {content.Groups[3].Value}") : null;
    }

    [GeneratedRegex("^/api/export/([a-z-]+)$", RegexOptions.None, 1000)]
    private static partial Regex Export();

    [GeneratedRegex("^/api/analyses/([0-9a-fA-F-]{36})/[^/]+$", RegexOptions.None, 1000)]
    private static partial Regex Analysis();

    [GeneratedRegex("^/(dashboard|api)/(request|conversation)s?/([0-9a-fA-F-]{36})(/[a-z]+)?$", RegexOptions.None, 1000)]
    private static partial Regex Content();

    private static partial class Log
    {
        [LoggerMessage(EventName = "audit_lost", Level = LogLevel.Error, Message = "Too much waits for the audit log: '{Action}' of {Subject} is not in it.")]
        public static partial void Lost(ILogger logger, string action, string subject);
    }
}

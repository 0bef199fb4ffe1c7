using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Roles;
using Nexus.Web.Capture;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.SignIn;

/// <summary>
/// The sessions of all nodes, in memory: a request asks here whether its session has ended, and never the database. Tickets say by
/// themselves who somebody is, so one that is not known here is good: the node or the database that knows it may be away.
/// </summary>
internal sealed class SessionBook(IOptions<SignInOptions> options, SessionFile file, TimeProvider time)
{
    /// <summary>Each takes about half a kilobyte. Beyond them the one that was not seen longest is forgotten, unless it has ended.</summary>
    private const int Most = 10_000;

    /// <summary>Of one person. With one more the one that was not seen longest ends: who begins sessions over and over fills no table that is looked at.</summary>
    public const int MostOfOne = 50;

    private const int MostCharacters = 200;
    private static readonly TimeSpan SeenPrecision = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, KnownSession> _byId = new(file.Read().Select(row => KeyValuePair.Create(row.Id, new KnownSession(row))));

    /// <summary>Signals that something should be written down soon.</summary>
    public SemaphoreSlim Changed { get; } = new(0);

    public TimeSpan Lasts => TimeSpan.FromHours(options.Value.SessionHours);

    public TimeSpan Idle => TimeSpan.FromMinutes(options.Value.SessionIdleMinutes);

    /// <summary>Those that are open, seen last first.</summary>
    public IReadOnlyList<KnownSession> Open
    {
        get
        {
            var now = time.GetUtcNow();
            return [.. _byId.Values.Where(session => !session.HasEnded && now - session.Row.CreatedAt < Lasts && now - session.Row.LastSeenAt < Idle).OrderByDescending(session => session.Row.LastSeenAt)];
        }
    }

    /// <summary>How much of its hours a session has left.</summary>
    public TimeSpan Remaining(KnownSession session)
    {
        var rest = session.Row.CreatedAt + Lasts - time.GetUtcNow();
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    public KnownSession? Find(string id) => _byId.GetValueOrDefault(id);

    public KnownSession Begin(HttpContext context, string person, string way, Role role)
    {
        var now = time.GetUtcNow();
        var session = new KnownSession(New(context, "ses_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), new(person, role, way, null, now), now));
        _byId[session.Row.Id] = session;
        foreach (var oldest in Open.Where(open => open.Row.Person == person && open.Row.Way == way && open != session).Skip(MostOfOne - 1).ToList())
            End(oldest.Row.Id, "nexus");
        Trim();
        Write(session);
        return session;
    }

    /// <summary>With every request of a session.</summary>
    /// <returns>Null when it has ended.</returns>
    public KnownSession? Seen(HttpContext context, SignedIn who)
    {
        var now = time.GetUtcNow();
        if (who.SessionId is not { } id || now - who.Since >= Lasts)
            return null;
        // One that another node began, or that was begun before this node started while the database is away.
        var session = _byId.GetOrAdd(id, _ => new KnownSession(New(context, id, who, now)));
        if (session.HasEnded)
            return null;
        session.Seen(now, SeenPrecision);
        return session;
    }

    /// <returns>Whether it was open.</returns>
    public bool End(string id, string by)
    {
        if (!_byId.TryGetValue(id, out var session) || !session.End(time.GetUtcNow(), by))
            return false;
        Keep();
        Write(session);
        return true;
    }

    public IReadOnlyList<KnownSession> Unwritten() => [.. _byId.Values.Where(session => session.IsUnwritten)];

    /// <summary>What the database has.</summary>
    public void Merge(IEnumerable<SessionRow> rows)
    {
        var ended = false;
        foreach (var row in rows)
        {
            var known = _byId.GetOrAdd(row.Id, _ => new KnownSession(row));
            ended |= row.EndedAt is not null && !known.HasEnded;
            known.Merge(row);
        }

        Forget();
        Trim();
        if (ended)
            Keep();
    }

    private void Write(KnownSession session)
    {
        session.Change();
        Changed.Release();
    }

    /// <summary>Ended ones are known to the next start, also while the database is away then.</summary>
    private void Keep() => file.Write([.. _byId.Values.Where(session => session.HasEnded).Select(session => session.Row)]);

    /// <summary>Those whose tickets are no good any more.</summary>
    private void Forget()
    {
        var now = time.GetUtcNow();
        foreach (var session in _byId.Values.Where(session => now - session.Row.CreatedAt > Lasts && !session.IsUnwritten))
            _byId.TryRemove(session.Row.Id, out _);
    }

    private void Trim()
    {
        if (_byId.Count <= Most)
            return;
        foreach (var session in _byId.Values.Where(session => !session.HasEnded).OrderBy(session => session.Row.LastSeenAt).Take(_byId.Count - Most))
            _byId.TryRemove(session.Row.Id, out _);
    }

    private static SessionRow New(HttpContext context, string id, SignedIn who, DateTimeOffset now) => new()
    {
        Id = id,
        Person = who.Name,
        Way = who.Way,
        Role = who.Role.ToText(),
        Address = context.Connection.RemoteIpAddress?.ToString(),
        UserAgent = context.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? PlainText.Clean(agent, MostCharacters) : null,
        CreatedAt = who.Since ?? now,
        LastSeenAt = now,
    };
}

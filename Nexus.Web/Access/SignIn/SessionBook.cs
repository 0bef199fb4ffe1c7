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
internal sealed class SessionBook
{
    /// <summary>Each takes about half a kilobyte. Beyond them the one that was not seen longest is forgotten, unless it has ended.</summary>
    public const int Most = 10_000;

    /// <summary>
    /// Of those that have ended, which need to be known only until their hours are over. Beyond them the ones begun first are forgotten: what was begun
    /// until then holds only where it is known to be open, so that an ended one never comes back.
    /// </summary>
    public const int MostEnded = 2_000;

    /// <summary>Of one person. With one more the one that was not seen longest ends: who begins sessions over and over fills no table that is looked at.</summary>
    public const int MostOfOne = 50;

    private const int MostCharacters = 200;
    private static readonly TimeSpan SeenPrecision = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, KnownSession> _byId = new();
    private readonly Lock _trimming = new();
    private readonly IOptions<SignInOptions> _options;
    private readonly SessionFile _file;
    private readonly TimeProvider _time;
    private long _forgottenUntil;

    public SessionBook(IOptions<SignInOptions> options, SessionFile file, TimeProvider time)
    {
        (_options, _file, _time) = (options, file, time);
        var ended = file.Read();
        _forgottenUntil = ended.ForgottenUntil.UtcTicks;
        foreach (var row in ended.Sessions)
            _byId[row.Id] = new(row);
    }

    /// <summary>Signals that something should be written down soon.</summary>
    public SemaphoreSlim Changed { get; } = new(0);

    public TimeSpan Lasts => TimeSpan.FromHours(_options.Value.SessionHours);

    public TimeSpan Idle => TimeSpan.FromMinutes(_options.Value.SessionIdleMinutes);

    /// <summary>Those that are open, seen last first.</summary>
    public IReadOnlyList<KnownSession> Open
    {
        get
        {
            var now = _time.GetUtcNow();
            return [.. _byId.Values.Where(session => !session.HasEnded && now - session.Row.CreatedAt < Lasts && now - session.Row.LastSeenAt < Idle).OrderByDescending(session => session.Row.LastSeenAt)];
        }
    }

    /// <summary>How much of its hours a session has left.</summary>
    public TimeSpan Remaining(KnownSession session)
    {
        var rest = session.Row.CreatedAt + Lasts - _time.GetUtcNow();
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    public KnownSession? Find(string id) => _byId.GetValueOrDefault(id);

    public KnownSession Begin(HttpContext context, string person, string way, Role role)
    {
        var now = _time.GetUtcNow();
        var session = new KnownSession(New(context, "ses_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), new(person, role, way, null, now), now));
        _byId[session.Row.Id] = session;
        foreach (var oldest in Open.Where(open => open.Row.Person == person && open.Row.Way == way && open != session).Skip(MostOfOne - 1).ToList())
            End(oldest.Row.Id, "nexus");
        Forget();
        Trim();
        Write(session);
        return session;
    }

    /// <summary>
    /// A session that goes on like one that would begin now: same person, way, role, address and program, with half of its hours left. Who keeps no
    /// cookie, a probe behind a proxy that vouches for it, begins none with each visit.
    /// </summary>
    public KnownSession? Like(HttpContext context, string person, string way, Role role)
    {
        var now = _time.GetUtcNow();
        var wanted = New(context, "", new(person, role, way, null, now), now);
        var like = Open.FirstOrDefault(open => now - open.Row.CreatedAt < Lasts / 2
            && (open.Row.Person, open.Row.Way, open.Row.Role, open.Row.Address, open.Row.UserAgent) == (wanted.Person, wanted.Way, wanted.Role, wanted.Address, wanted.UserAgent));
        like?.Seen(now, SeenPrecision);
        return like;
    }

    /// <summary>With every request of a session.</summary>
    /// <returns>Null when it has ended.</returns>
    public KnownSession? Seen(HttpContext context, SignedIn who)
    {
        var now = _time.GetUtcNow();
        if (who.SessionId is not { } id || now - who.Since >= Lasts)
            return null;
        // One that another node began, or that was begun before this node started while the database is away; or one that ended and is forgotten.
        if (!_byId.TryGetValue(id, out var session))
        {
            if (who.Since is not { } since || since.UtcTicks <= Volatile.Read(ref _forgottenUntil))
                return null;
            session = _byId.GetOrAdd(id, _ => new KnownSession(New(context, id, who, now)));
        }

        if (session.HasEnded)
            return null;
        session.Seen(now, SeenPrecision);
        return session;
    }

    /// <returns>Whether it was open.</returns>
    public bool End(string id, string by)
    {
        if (!_byId.TryGetValue(id, out var session) || !session.End(_time.GetUtcNow(), by))
            return false;
        // First of all to be written down: what is, may be forgotten.
        session.Change();
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
            ended |= row.EndedAt is not null && Find(row.Id) is not { HasEnded: true };
            _byId.GetOrAdd(row.Id, _ => new KnownSession(row)).Merge(row);
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
    private void Keep()
    {
        lock (_trimming)
        {
            var ended = _byId.Values.Where(session => session.HasEnded).OrderBy(session => session.Row.CreatedAt).ToList();
            // Some more than must be, so that not each further end does this again. What is not written down stays as long as it may: other nodes do not know it.
            var gone = ended.Take(ended.Count <= MostEnded ? 0 : ended.Count - (MostEnded * 3 / 4)).Where(session => ended.Count > Most || !session.IsUnwritten).ToHashSet();
            if (gone.Count > 0)
                Volatile.Write(ref _forgottenUntil, Math.Max(_forgottenUntil, gone.Max(session => session.Row.CreatedAt.UtcTicks)));
            foreach (var session in gone)
                _byId.TryRemove(session.Row.Id, out _);
            ended.RemoveAll(gone.Contains);
            _file.Write(new(new(_forgottenUntil, TimeSpan.Zero), [.. ended.Select(session => session.Row)]));
        }
    }

    /// <summary>Those whose tickets are no good any more.</summary>
    private void Forget()
    {
        var now = _time.GetUtcNow();
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

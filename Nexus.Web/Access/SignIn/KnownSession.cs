using Nexus.Web.Storage;

namespace Nexus.Web.Access.SignIn;

/// <summary>A session as this node knows it.</summary>
internal sealed class KnownSession(SessionRow row) : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private DateTimeOffset? _writtenSeen;
    private bool _unwritten;

    /// <summary>What is stored, or will be.</summary>
    public SessionRow Row => row;

    public bool HasEnded => row.EndedAt is not null;

    /// <summary>Cancelled when the session ends: what streams to it then stops.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Whether there is something that the database does not know.</summary>
    public bool IsUnwritten
    {
        get
        {
            lock (_lock)
                return _unwritten;
        }
    }

    /// <summary>To be written down, the first time or with its end.</summary>
    public void Change()
    {
        lock (_lock)
            _unwritten = true;
    }

    public void Seen(DateTimeOffset at, TimeSpan precision)
    {
        lock (_lock)
        {
            if (at > row.LastSeenAt)
                row.LastSeenAt = at;
            _unwritten |= at - (_writtenSeen ?? DateTimeOffset.MinValue) >= precision;
        }
    }

    /// <returns>Whether it had not ended before.</returns>
    public bool End(DateTimeOffset at, string? by)
    {
        lock (_lock)
        {
            if (HasEnded)
                return false;
            (row.EndedAt, row.EndedBy) = (at, by);
        }

        _ended.Cancel();
        return true;
    }

    /// <summary>Takes over what another node wrote. An end that is known here stays.</summary>
    public void Merge(SessionRow stored)
    {
        lock (_lock)
        {
            if (stored.LastSeenAt > row.LastSeenAt)
                row.LastSeenAt = stored.LastSeenAt;
            _writtenSeen = stored.LastSeenAt;
            // Also in a database that was restored to a moment before it.
            _unwritten |= HasEnded && stored.EndedAt is null;
        }

        if (stored.EndedAt is { } at)
            End(at, stored.EndedBy);
    }

    /// <summary>What to write now. Until <see cref="Failed"/> says otherwise it counts as written.</summary>
    public SessionRow Take()
    {
        lock (_lock)
        {
            _unwritten = false;
            _writtenSeen = row.LastSeenAt;
            return new()
            {
                Id = row.Id,
                Person = row.Person,
                Way = row.Way,
                Role = row.Role,
                Address = row.Address,
                UserAgent = row.UserAgent,
                CreatedAt = row.CreatedAt,
                LastSeenAt = row.LastSeenAt,
                EndedAt = row.EndedAt,
                EndedBy = row.EndedBy,
            };
        }
    }

    public void Failed() => Change();

    public void Dispose() => _ended.Dispose();
}

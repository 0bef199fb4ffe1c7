using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>The side of a gate that the lease exchange works on.</summary>
internal sealed partial class LimitGate
{
    private int _quietBeats;
    private long _lastPassed;
    private long _othersRequests;
    private long _othersTokens;
    private bool _othersKnown;

    /// <summary>A gate that nothing has gone through for long may be forgotten: what it knew is in the database.</summary>
    public bool IsIdle(TimeSpan idle)
    {
        lock (_lock)
            return _reserved == 0 && _streams == 0 && _time.GetElapsedTime(_touched) > idle;
    }

    /// <summary>Takes over a changed definition; false when it counts something else now, so that a new gate must take this one's place.</summary>
    public bool Redefine(LimitRow limit, DateTimeOffset at)
    {
        lock (_lock)
        {
            var was = _limit;
            if ((was.Amount is null) != (limit.Amount is null) || was.Unit != limit.Unit || was.Period != limit.Period || was.TimeZone != limit.TimeZone || was.WeekStart != limit.WeekStart || was.StartsAt != limit.StartsAt)
                return false;
            _limit = limit;
            // A smaller budget leaves less to be free; of a larger one more is granted at the next beat.
            if (limit.Amount is not null)
                _free = Math.Min(_free, limit.BudgetAt(at) - _used - _reserved);
            return true;
        }
    }

    /// <summary>What the counters say.</summary>
    public void Used(DateTimeOffset periodStart, long micros, long tokens, DateTimeOffset at)
    {
        lock (_lock)
        {
            // Another node began the period: the credit is not this node's to take any more.
            _begunElsewhere = periodStart;
            Turn(at, nodes: 1);
            if (periodStart == _period.Start)
                _used = CountsTokens ? tokens : micros;
        }
    }

    /// <summary>What the other nodes have let through: their requests count here, too, and may put the bucket into debt.</summary>
    public void Others(long requests, long tokens, int streams)
    {
        lock (_lock)
        {
            if (_othersKnown)
            {
                _requests.Take(Math.Max(0, requests - _othersRequests));
                _tokens.Take(tokens - _othersTokens);
            }

            (_othersRequests, _othersTokens, _othersStreams, _othersKnown) = (requests, tokens, streams, true);
        }
    }

    /// <summary>
    /// What this node claims now, and would like to. What it does not need is taken away here first, so that nothing is spent
    /// that the database has been told is free.
    /// </summary>
    /// <param name="fair">The part of what is left that a node holds without using it.</param>
    /// <param name="othersWant">Another node had to turn a request away.</param>
    /// <param name="alone">No other node needs anything of it.</param>
    public Claim Claim(long fair, bool alone, bool othersWant)
    {
        lock (_lock)
        {
            var quiet = _passedRequests == _lastPassed;
            _lastPassed = _passedRequests;
            _quietBeats = quiet ? _quietBeats + 1 : 0;
            var target = Math.Max(Math.Max(othersWant ? 0 : fair, _wanted), 2 * _demand);
            var (want, wanted) = (0L, _wanted);
            // Half as much again before anything is given back: leases must not swing with every request.
            if (_free > target + (othersWant ? 0 : target / 2))
                _free = target;
            else if (_free < target - (alone ? 0 : target / 4) || _free < _wanted)
                want = target - _free;
            _demand = _quietBeats > 3 ? 0 : _demand - (_demand / 4);
            _wanted = 0;
            return new(_period, _reserved + Math.Max(0, _free), _reserved, want, wanted, _passedRequests, _passedTokens, _streams);
        }
    }

    public void Granted(Period period, long amount)
    {
        lock (_lock)
            if (_period.Start == period.Start)
                _free += amount;
    }

    /// <summary>The node was cut off for so long that the others have shared out what it held.</summary>
    public void Lapse()
    {
        lock (_lock)
            _free = Math.Min(_free, 0);
    }
}

/// <summary>What a node claims of a limit.</summary>
/// <param name="Amount">Reserved and free.</param>
/// <param name="Want">More that it would like.</param>
/// <param name="Wanted">What a request lacked.</param>
internal readonly record struct Claim(Period Period, long Amount, long Reserved, long Want, long Wanted, long Requests, long Tokens, int Streams);

internal sealed record GateView(LimitRow Limit, string Subject, Period Period, long Used, long Reserved, long Free, int Streams);

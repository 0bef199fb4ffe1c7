using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>
/// What one node knows of one limit for one subject, and what it may still let through. Everything is in memory under a lock
/// of its own that is held for a few comparisons.
/// </summary>
/// <remarks>
/// A node spends only what it claims: <see cref="_free"/> was granted to it in the database (<see cref="LeaseExchange"/>), and
/// what a request reserves of it stays claimed until the request's true cost is in <c>limit_counters</c>. A subject that is
/// seen for the first time in a period has a credit that all nodes know of and leave alone.
/// </remarks>
internal sealed partial class LimitGate
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private LimitRow _limit;
    private Period _period;
    private long _used;
    private long _free;
    private long _reserved;
    private long _demand;
    private long _wanted;
    private DateTimeOffset _begunElsewhere;
    private int _streams;
    private int _othersStreams;
    private long _passedRequests;
    private long _passedTokens;
    private TokenBucket _requests;
    private TokenBucket _tokens;
    private long _touched;

    /// <param name="credit">Of a subject that the database has said nothing about; see <see cref="CreditOf"/>.</param>
    public LimitGate(LimitRow limit, string subject, Period period, long credit, TimeProvider time)
    {
        (_limit, Subject, _period, _free, _time) = (limit, subject, period, credit, time);
        _touched = time.GetTimestamp();
        _requests = new(limit.RequestsPerMinute ?? 1, _touched);
        _tokens = new(limit.TokensPerMinute ?? 1, _touched);
    }

    public LimitRow Limit => Volatile.Read(ref _limit);

    public string Subject { get; }

    private bool CountsTokens => _limit.Unit == "tokens";

    /// <summary>
    /// What a node may spend of a period that it has not read about. With several nodes they are a quarter of the budget
    /// together, and with one that another may have joined just now half: never more than the budget.
    /// </summary>
    public static long CreditOf(LimitRow limit, DateTimeOffset at, int nodes) => limit.BudgetAt(at) / (nodes <= 1 ? 2 : 4L * nodes);

    /// <summary>Reserves, or says why not. What other limits refuse must be given back with <see cref="Leave"/>.</summary>
    public Decision Enter(in Admission asked)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _touched = now;
            if (_limit.Amount is not null)
                Turn(asked.At, asked.Nodes);
            var decision = Judge(asked, now);
            if (!decision.Allowed)
                return decision;
            if (_limit.RequestsPerMinute is not null)
                _requests.Take(1);
            if (_limit.TokensPerMinute is not null)
                _tokens.Take(asked.Estimate.PromptTokens);
            (_passedRequests, _passedTokens) = (_passedRequests + 1, _passedTokens + asked.Estimate.PromptTokens);
            if (asked.Stream)
                _streams++;
            if (_limit is { Amount: not null })
                Reserve(decision.Reserve);
            return decision;
        }
    }

    /// <summary>Takes back an <see cref="Enter"/> of a request that goes nowhere, or whose cost nobody will tell.</summary>
    public void Leave(in Passage passage, bool stream)
    {
        lock (_lock)
        {
            _requests.Take(-1);
            _tokens.Take(-passage.PromptTokens);
            (_passedRequests, _passedTokens) = (_passedRequests - 1, _passedTokens - passage.PromptTokens);
            if (stream)
                _streams--;
            Release(passage, 0);
        }
    }

    /// <summary>The answer is over: its stream is free for another. Its cost is not known yet.</summary>
    public void StreamEnded()
    {
        lock (_lock)
            _streams--;
    }

    /// <summary>The true cost is in the ledger and in the counters.</summary>
    public void Settle(in Passage passage, long micros, long tokens)
    {
        lock (_lock)
        {
            var correction = tokens - passage.PromptTokens;
            _tokens.Take(correction);
            _passedTokens += correction;
            Release(passage, CountsTokens ? tokens : micros);
        }
    }

    public GateView View()
    {
        lock (_lock)
            return new(_limit, Subject, _period, _used, _reserved, _free, _streams + _othersStreams);
    }

    private Decision Judge(in Admission asked, long now)
    {
        var limit = _limit;
        if (limit.RequestsPerMinute is { } requests && _requests.Level(requests, limit.RateWindow, now, _time) < 1)
            return Refuse(Verdict.Rate, "requests", requests, _requests.SecondsUntil(1, limit.RateWindow));
        if (limit.TokensPerMinute is { } tokens && _tokens.Level(tokens, limit.RateWindow, now, _time) <= 0)
            return Refuse(Verdict.Rate, "tokens", tokens, _tokens.SecondsUntil(1, limit.RateWindow));
        if (asked.Stream && limit.ConcurrentStreams is { } streams && _streams + _othersStreams >= streams)
            return Refuse(Verdict.Rate, "streams", streams, 1);
        if (limit.Amount is null)
            return new(Verdict.Allowed, this);
        var budget = limit.BudgetAt(asked.At);
        var reserve = CountsTokens ? asked.Estimate.Tokens : asked.Estimate.Micros;
        var decision = new Decision(Verdict.Allowed, this) { Budget = budget, Used = _used, Reserved = _reserved, Reserve = reserve, Period = _period };
        if (!limit.Hard)
            return decision;
        if (_used + reserve > budget || (reserve == 0 && _used >= budget))
            return decision with { Verdict = Verdict.Budget, RetryAfter = _period.End == Period.Never ? null : (int)Math.Clamp(Math.Ceiling((_period.End - asked.At).TotalSeconds), 1, int.MaxValue) };
        // Cut off from the database a node goes by what it last read, and by what it has reserved itself.
        if (reserve <= (asked.Away ? budget - _used - _reserved : _free))
            return decision;
        _wanted = Math.Max(_wanted, reserve);
        return decision with { Verdict = Verdict.Held, RetryAfter = 1 };
    }

    private Decision Refuse(Verdict verdict, string what, long rate, int seconds) => new(verdict, this) { What = what, Budget = rate, RetryAfter = seconds };

    private void Reserve(long amount)
    {
        _reserved += amount;
        _free -= amount;
        _demand += amount;
    }

    private void Release(in Passage passage, long cost)
    {
        if (_limit.Amount is null || passage.PeriodStart != _period.Start)
            return;
        var amount = CountsTokens ? passage.Tokens : passage.Micros;
        _reserved -= amount;
        _free += amount - cost;
        _used += cost;
    }

    /// <summary>Begins the next period when its time has come. A clock that goes back stays in the period that has begun.</summary>
    private void Turn(DateTimeOffset at, int nodes)
    {
        if (at < _period.End)
            return;
        _period = Period.Of(_limit, at);
        (_used, _reserved, _wanted) = (0, 0, 0);
        _free = _begunElsewhere == _period.Start ? 0 : CreditOf(_limit, at, nodes);
    }
}

using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Access.Limits;
using Nexus.Web.Storage;
using Xunit;

namespace Nexus.Web.Tests.Access.Limits;

public sealed class LimitGateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Now);

    [Fact]
    public void What_is_reserved_counts_until_it_is_settled_at_its_true_cost()
    {
        var gate = Gate(Limit() with { Amount = 1000 });
        var first = Enter(gate, 400);
        Assert.Equal(Verdict.Allowed, first.Verdict);
        Assert.Equal(Verdict.Allowed, Enter(gate, 600).Verdict);
        Assert.Equal(Verdict.Held, Enter(gate, 1).Verdict);
        gate.Settle(new(gate, first.Period.Start, 0, 400, 0), 0, 100);
        Assert.Equal((100, 600, 300), (gate.View().Used, gate.View().Reserved, gate.View().Free));
        Assert.Equal(Verdict.Allowed, Enter(gate, 300).Verdict);
    }

    [Fact]
    public void A_request_that_may_use_more_than_is_left_is_refused_until_the_true_end_of_the_period()
    {
        var gate = Gate(Limit() with { Amount = 1000, Period = "day" });
        var refused = Enter(gate, 1001);
        Assert.Equal(Verdict.Budget, refused.Verdict);
        Assert.Equal(14 * 3600, refused.RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(refused.RetryAfter!.Value));
        gate.Used(Now.Date == default ? default : Period.Of(gate.Limit, _time.GetUtcNow()).Start, 0, 0, _time.GetUtcNow());
        Assert.Equal(0, gate.View().Used);
        Assert.Equal(_time.GetUtcNow(), gate.View().Period.Start);
    }

    [Fact]
    public void Cut_off_from_the_database_a_node_goes_by_what_it_last_read_and_by_what_it_has_let_through_since()
    {
        var gate = Gate(Limit() with { Amount = 1000 });
        gate.Used(gate.View().Period.Start, 0, 700, Now);
        gate.Lapse();
        Assert.Equal(Verdict.Held, gate.Enter(Ask(300)).Verdict);
        Assert.Equal(Verdict.Allowed, gate.Enter(Ask(300) with { Away = true }).Verdict);
        Assert.Equal(Verdict.Held, gate.Enter(Ask(1) with { Away = true }).Verdict);
    }

    [Fact]
    public void A_raise_counts_until_its_end()
    {
        var gate = Gate(Limit() with { Amount = 1000, RaiseAmount = 500, RaisedUntil = Now.AddHours(1) });
        gate.Granted(gate.View().Period, 500);
        Assert.Equal(Verdict.Allowed, Enter(gate, 1200).Verdict);
        Assert.Equal(1500, gate.Limit.BudgetAt(Now));
        Assert.Equal(1000, gate.Limit.BudgetAt(Now.AddHours(1)));
    }

    [Fact]
    public void A_soft_budget_refuses_nothing()
    {
        var gate = Gate(Limit() with { Amount = 10, Hard = false });
        for (var i = 0; i < 20; i++)
            Assert.Equal(Verdict.Allowed, Enter(gate, 1000).Verdict);
    }

    [Fact]
    public void Requests_per_minute_are_a_bucket_that_fills_evenly_and_says_when()
    {
        var gate = Gate(Limit() with { Amount = null, RequestsPerMinute = 6 });
        for (var i = 0; i < 6; i++)
            Assert.Equal(Verdict.Allowed, Enter(gate, 1).Verdict);
        Assert.Equal(10, Enter(gate, 1).RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(1, Enter(gate, 1).RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(Verdict.Allowed, Enter(gate, 1).Verdict);
        Assert.Equal(Verdict.Rate, Enter(gate, 1).Verdict);
    }

    [Fact]
    public void Tokens_per_minute_may_go_into_debt_and_are_the_rate_in_the_long_run()
    {
        var gate = Gate(Limit() with { Amount = null, TokensPerMinute = 600 });
        long passed = 0;
        for (var second = 0; second < 3600; second++)
        {
            if (Enter(gate, 700, prompt: 100) is { Allowed: true } entered)
            {
                gate.Settle(new(gate, entered.Period.Start, 0, 700, 100), 0, 500);
                passed += 500;
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(passed, 600 * 60, (600 * 61) + 500);
    }

    [Fact]
    public void Streams_are_counted_while_they_are_open_with_those_of_other_nodes_and_other_requests_are_not()
    {
        var gate = Gate(Limit() with { Amount = null, ConcurrentStreams = 3 });
        gate.Others(0, 0, 1);
        Assert.Equal(Verdict.Allowed, gate.Enter(Ask(1) with { Stream = true }).Verdict);
        Assert.Equal(Verdict.Allowed, gate.Enter(Ask(1) with { Stream = true }).Verdict);
        Assert.Equal("streams", gate.Enter(Ask(1) with { Stream = true }).What);
        Assert.Equal(Verdict.Allowed, gate.Enter(Ask(1)).Verdict);
        gate.StreamEnded();
        Assert.Equal(Verdict.Allowed, gate.Enter(Ask(1) with { Stream = true }).Verdict);
    }

    [Fact]
    public void What_other_nodes_let_through_counts_here_from_when_it_is_first_heard_of()
    {
        var gate = Gate(Limit() with { Amount = null, RequestsPerMinute = 60 });
        gate.Others(1_000_000, 0, 0);
        Assert.Equal(Verdict.Allowed, Enter(gate, 1).Verdict);
        gate.Others(1_000_060, 0, 0);
        Assert.Equal(Verdict.Rate, Enter(gate, 1).Verdict);
    }

    [Fact]
    public void A_subject_seen_first_in_a_period_has_a_credit_unless_another_node_began_the_period()
    {
        Assert.Equal(500, LimitGate.CreditOf((Limit() with { Amount = 1000 }).Row(), Now, nodes: 1));
        Assert.Equal(125, LimitGate.CreditOf((Limit() with { Amount = 1000 }).Row(), Now, nodes: 2));
        foreach (var elsewhere in new[] { false, true })
        {
            var gate = Gate(Limit() with { Amount = 1000, Period = "day" });
            var tomorrow = Now.Date.AddDays(1);
            if (elsewhere)
                gate.Used(new(tomorrow, TimeSpan.Zero), 0, 0, Now);
            _time.SetUtcNow(new DateTimeOffset(tomorrow, TimeSpan.Zero).AddDays(elsewhere ? 1 : 0));
            var at = new DateTimeOffset(tomorrow, TimeSpan.Zero);
            Assert.Equal(elsewhere ? Verdict.Held : Verdict.Allowed, gate.Enter(Ask(100) with { At = at, Nodes = 2 }).Verdict);
        }
    }

    [Fact]
    public void However_requests_interleave_what_is_used_reserved_and_free_is_the_budget_that_was_granted() =>
        Gen.Select(Gen.Int[0, 2], Gen.Long[1, 400], Gen.Long[0, 400]).Array[1, 200].Sample(steps =>
        {
            var gate = Gate(Limit() with { Amount = 1000 });
            var open = new Queue<Passage>();
            long settled = 0, over = 0;
            foreach (var (kind, estimate, cost) in steps)
            {
                if (kind < 2 && Enter(gate, estimate) is { Allowed: true } entered)
                    open.Enqueue(new(gate, entered.Period.Start, 0, estimate, 0));
                else if (kind == 2 && open.TryDequeue(out var passage))
                {
                    gate.Settle(passage, 0, cost);
                    settled += cost;
                    over += Math.Max(0, cost - passage.Tokens);
                }

                var view = gate.View();
                Assert.Equal(1000, view.Used + view.Reserved + view.Free);
                Assert.Equal(settled, view.Used);
                Assert.Equal(open.Sum(one => one.Tokens), view.Reserved);
                Assert.True(view.Used + view.Reserved <= 1000 + over);
            }
        });

    private LimitGate Gate(LimitRowSpec spec)
    {
        var limit = spec.Row();
        var gate = new LimitGate(limit, "", limit.Amount is null ? default : Period.Of(limit, Now), 0, _time);
        gate.Granted(gate.View().Period, limit.Amount ?? 0);
        return gate;
    }

    private Decision Enter(LimitGate gate, long tokens, long prompt = 0) => gate.Enter(Ask(tokens, prompt) with { At = _time.GetUtcNow() });

    private static Admission Ask(long tokens, long prompt = 0) => new(Now, new(0, tokens, prompt), false, 1, false);

    private static LimitRowSpec Limit() => new();

    private sealed record LimitRowSpec
    {
        public long? Amount { get; init; } = 1000;
        public string Period { get; init; } = "month";
        public bool Hard { get; init; } = true;
        public int? RequestsPerMinute { get; init; }
        public long? TokensPerMinute { get; init; }
        public int? ConcurrentStreams { get; init; }
        public long? RaiseAmount { get; init; }
        public DateTimeOffset? RaisedUntil { get; init; }

        public LimitRow Row() => new()
        {
            Id = "lim_1",
            Name = "Test",
            Scope = "all",
            Subject = "",
            Unit = "tokens",
            Amount = Amount,
            Period = Period,
            Hard = Hard,
            RequestsPerMinute = RequestsPerMinute,
            TokensPerMinute = TokensPerMinute,
            ConcurrentStreams = ConcurrentStreams,
            RaiseAmount = RaiseAmount,
            RaisedUntil = RaisedUntil,
            StartsAt = Now,
            CreatedAt = Now,
            CreatedBy = "test",
            UpdatedAt = Now,
        };
    }
}

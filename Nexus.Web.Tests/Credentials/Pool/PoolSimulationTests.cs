using System.Text.Json;
using Nexus.Web.Credentials.Pool;
using Xunit;

namespace Nexus.Web.Tests.Credentials.Pool;

/// <summary>100 subagents over 3 accounts with windows per model, half an hour on a simulated clock, with the code that decides in earnest.</summary>
public sealed class PoolSimulationTests
{
    private const string Opus = "claude-opus-5";
    private const string Haiku = "claude-haiku-4-5";
    private static readonly DateTimeOffset Begin = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private readonly string[] _ids = ["acc_a", "acc_b", "acc_c"];
    private AccountState[] _accounts;

    public PoolSimulationTests() => _accounts = [.. _ids.Select(id => new AccountState(id))];

    [Fact]
    public void Hundred_subagents_keep_their_accounts_through_a_cooldown_and_a_restart_in_its_middle()
    {
        var agents = Enumerable.Range(0, 100).Select(number => $"session-{number / 10}/a{number:x16}").ToArray();
        var homes = new Dictionary<(string Agent, string Model), int>();
        var (limitedFrom, limitedUntil) = (Begin.AddMinutes(5), Begin.AddMinutes(10));
        var (asked, stayed, movedBack) = (0, 0, 0);
        for (var now = Begin; now < Begin.AddMinutes(30); now = now.AddSeconds(3))
        {
            if (now == Begin.AddMinutes(7.5))
                Restart();
            foreach (var (agent, index) in agents.Select((agent, index) => (agent, index)))
            {
                var model = index % 4 == 0 ? Haiku : Opus;
                var account = Serve(agent, model, now, limitedFrom, limitedUntil);
                var home = homes.TryGetValue((agent, model), out var known) ? known : homes[(agent, model)] = account;
                var isLimited = now >= limitedFrom && now < limitedUntil && model == Opus;
                // The two accounts that are well lose none of their sessions, whatever happens to the third.
                if (home != 0 || !isLimited)
                    Assert.True(home == account || now < limitedUntil.AddSeconds(3), $"{agent} left {_ids[home]} at {now:T}");
                if (isLimited)
                    continue;
                asked++;
                stayed += home == account ? 1 : 0;
                movedBack += home == account && home == 0 && now > limitedUntil ? 1 : 0;
            }
        }

        Assert.True(stayed >= 0.95 * asked, $"{stayed} of {asked} requests went where their session was");
        Assert.True(movedBack > 0, "nobody came back to the account that had been limited");
        Assert.All(_accounts, account => Assert.Empty(account.Status.Cooldowns));
        Assert.All(Enumerable.Range(0, 3), index => Assert.InRange(homes.Values.Count(home => home == index), 15, 60));
    }

    [Fact]
    public void After_a_cooldown_one_request_tries_the_account_and_the_others_wait_for_how_that_goes()
    {
        _accounts = _accounts[..1];
        _accounts[0].Change(status => status.Cooled(new(Opus, Begin, Begin.AddMinutes(1), true, "429")));
        Assert.Equal(-1, Choose("s", Opus, Begin.AddSeconds(59)).Index);
        Assert.Equal(Begin.AddMinutes(1), PoolChoice.EarliestReset(Members(), Opus, Begin));
        var after = Begin.AddMinutes(1);
        Assert.True(_accounts[0].TryProbe(Opus, after));
        Assert.False(_accounts[0].TryProbe(Opus, after));
        Assert.Equal(Readiness.Probing, Choose("s", Opus, after).Readiness);
        Assert.Equal(Readiness.Free, Choose("s", Haiku, after).Readiness);
        // A probe that never ends is taken for lost.
        Assert.True(_accounts[0].TryProbe(Opus, after + AccountStatus.ProbeTime));
        _accounts[0].Change(status => status.Served(Opus, after, []));
        Assert.Equal(Readiness.Free, Choose("s", Opus, after).Readiness);
    }

    [Fact]
    public void A_window_counts_for_its_models_until_it_resets_and_not_where_extra_usage_is_allowed()
    {
        var reset = Begin.AddHours(1);
        _accounts[0].Change(status => status.Told([new("7d_opus", "rejected", 1, reset)]));
        Assert.Equal(Readiness.Cooling, Standing.Of(_accounts[0].Status, Opus, Begin).Readiness);
        Assert.Equal(Readiness.Free, Standing.Of(_accounts[0].Status, Haiku, Begin).Readiness);
        Assert.Equal(Readiness.Free, Standing.Of(_accounts[0].Status, Opus, reset).Readiness);
        _accounts[0].Change(status => status.Told([new(AccountWindow.All, "allowed", null, reset)]));
        Assert.NotEqual(Readiness.Cooling, Standing.Of(_accounts[0].Status, Opus, Begin).Readiness);
        _accounts[1].Change(status => status.Told([new("5h", "allowed_warning", 0.91, reset)]));
        Assert.Equal(Readiness.Strained, Standing.Of(_accounts[1].Status, Haiku, Begin).Readiness);
    }

    [Theory]
    [InlineData(429, "retry-after", "12", 12.0, true)]
    [InlineData(429, "retry-after", "Wed, 25 Nov 2026 12:02:00 GMT", 120.0, true)]
    [InlineData(429, "anthropic-ratelimit-unified-reset", "1795608090", 90.0, true)]
    [InlineData(429, "anthropic-ratelimit-tokens-reset", "2026-11-25T12:01:30Z", 90.0, true)]
    [InlineData(429, "anthropic-ratelimit-tokens-reset", "2026-11-25T11:00:00Z", 60.0, false)]
    [InlineData(429, "x", "y", 60.0, false)]
    [InlineData(429, "anthropic-ratelimit-unified-status", "allowed", null, false)]
    [InlineData(529, "retry-after", "5", 5.0, true)]
    [InlineData(529, "x", "y", null, true)]
    [InlineData(400, "retry-after", "5", null, false)]
    public void A_failure_cools_an_account_for_as_long_as_the_upstream_says(int status, string header, string value, double? seconds, bool told)
    {
        var verdict = Verdict.Of(status, [KeyValuePair.Create(header, value)], Begin);
        Assert.Equal((seconds, told), (verdict.CoolUntil is { } until ? (until - Begin).TotalSeconds : null, verdict.IsTold));
    }

    private int Serve(string agent, string model, DateTimeOffset now, DateTimeOffset limitedFrom, DateTimeOffset limitedUntil)
    {
        var tried = new bool[_accounts.Length];
        while (true)
        {
            var pick = PoolChoice.Of(Members(tried), agent, model, now);
            Assert.True(pick.Index >= 0, $"{agent} found no account at {now:T}");
            var account = _accounts[pick.Index];
            Assert.True(Standing.Of(account.Status, model, now).CanServe, "an account was asked while it cools");
            if (pick.Readiness == Readiness.MayProbe)
                Assert.True(account.TryProbe(model, now));
            tried[pick.Index] = true;
            var isLimited = pick.Index == 0 && model == Opus && now >= limitedFrom && now < limitedUntil;
            var seconds = ((int)(limitedUntil - now).TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
            var verdict = isLimited ? Verdict.Of(429, [KeyValuePair.Create("retry-after", seconds)], now) : Verdict.Of(200, [], now);
            account.Change(status => status.After(verdict, isLimited ? 429 : 200, model, [], now, false));
            if (!isLimited)
                return pick.Index;
        }
    }

    /// <summary>What is written, read back by a new process.</summary>
    private void Restart()
    {
        IReadOnlyList<KeptAccount> kept = [.. _accounts.Select(account => KeptAccount.Of(account.Id, account.Status))];
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(kept, AccountStateJson.Default.IReadOnlyListKeptAccount), AccountStateJson.Default.IReadOnlyListKeptAccount)!;
        _accounts = [.. _ids.Select(id => new AccountState(id))];
        foreach (var account in _accounts)
            account.Set(read.Single(one => one.Id == account.Id).ToStatus());
    }

    private Pick Choose(string affinity, string model, DateTimeOffset now) => PoolChoice.Of(Members(), affinity, model, now);

    private PoolMember[] Members(bool[]? tried = null) => [.. _accounts.Select((account, index) => new PoolMember(account.Seed, account.Status, tried?[index] ?? false))];
}

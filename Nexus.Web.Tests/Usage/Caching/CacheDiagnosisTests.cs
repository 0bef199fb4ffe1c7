using System.Text;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Caching;
using Nexus.Web.Usage.Pricing;
using Xunit;

namespace Nexus.Web.Tests.Usage.Caching;

public sealed class CacheDiagnosisTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 25, 9, 0, 0, TimeSpan.Zero);
    private static readonly CacheTurn Before = new(At, Guid.NewGuid(), "one.example", "acc_a", "key_1", null, "s1", null, "claude-opus-5", new(10, 500, 2_000, 0, 40_000), 1);

    private static CachePair Pair(CacheTurn turn, bool hourLong = false) => new(Before, turn, hourLong);

    private static CacheTurn Next(int minutes = 1, long read = 0, long write = 43_000, string model = "claude-opus-5", string account = "acc_a") =>
        Before with { StartedAt = At.AddMinutes(minutes), Id = Guid.NewGuid(), Model = model, AccountId = account, Tokens = new(10, 500, write, 0, read) };

    [Fact]
    public void A_turn_that_reads_most_of_what_was_cached_missed_nothing()
    {
        Assert.Equal(0, CacheDiagnosis.Missed(Pair(Next(read: 42_000, write: 1_000))));
        Assert.Equal(42_000, CacheDiagnosis.Missed(Pair(Next())));
        Assert.Equal(32_000, CacheDiagnosis.Missed(Pair(Next(read: 10_000, write: 33_000))));
    }

    [Fact]
    public void A_prompt_cut_back_on_purpose_is_no_miss() => Assert.Equal(0, CacheDiagnosis.Missed(Pair(Next(write: 8_000))));

    [Theory]
    [InlineData(1, "claude-haiku-4-5", "acc_a", false, "model_switched")]
    [InlineData(90, "claude-haiku-4-5", "acc_a", false, "model_switched")]
    [InlineData(1, "claude-opus-5", "acc_b", false, "account_switched")]
    [InlineData(6, "claude-opus-5", "acc_a", false, "expired")]
    [InlineData(6, "claude-opus-5", "acc_a", true, null)]
    [InlineData(61, "claude-opus-5", "acc_a", true, "expired")]
    [InlineData(4, "claude-opus-5", "acc_a", false, null)]
    public void The_ledger_alone_tells_switches_and_gaps(int minutes, string model, string account, bool hourLong, string? cause) =>
        Assert.Equal(cause, CacheDiagnosis.CauseOf(Pair(Next(minutes, model: model, account: account), hourLong)));

    [Fact]
    public void Waste_is_what_the_tokens_cost_beyond_a_cache_read()
    {
        var opus = new Price(5_000_000, 25_000_000, 500_000, 6_250_000, 10_000_000);
        // 42,000 tokens written again for five minutes: 42,000 × (6.25 − 0.5) $/MTok.
        Assert.Equal(241_500, CacheDiagnosis.Wasted(42_000, new(10, 0, 43_000, 0, 0), opus));
        // Sent as plain input: 42,000 × (5 − 0.5).
        Assert.Equal(189_000, CacheDiagnosis.Wasted(42_000, new(43_000, 0, 0, 0, 0), opus));
        // Half written for an hour: 20,000 × (10 − 0.5) + 22,000 × (5 − 0.5).
        Assert.Equal(289_000, CacheDiagnosis.Wasted(42_000, new(23_000, 0, 0, 20_000, 0), opus));
    }

    [Theory]
    [InlineData("""{"tools":[{"name":"a"},{"name":"b","cache_control":{"type":"ephemeral"}}],"system":"x","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"yo"},{"role":"user","content":"on"}]}""", null)]
    [InlineData("""{"tools":[{"name":"a"},{"name":"b"}],"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}]}""", null)]
    [InlineData("""{"tools":[{"name":"a"},{"name":"c"}],"system":"x","messages":[{"role":"user","content":"hi"}]}""", "tools[1]")]
    [InlineData("""{"tools":[{"name":"a"}],"system":"x","messages":[{"role":"user","content":"hi"}]}""", "tools[1]")]
    [InlineData("""{"tools":[{"name":"a"},{"name":"b"},{"name":"c"}],"system":"x","messages":[{"role":"user","content":"hi"}]}""", "tools[2]")]
    [InlineData("""{"tools":[{"name":"a"},{"name":"b"}],"system":"y","messages":[{"role":"user","content":"hi"}]}""", "system[0]")]
    [InlineData("""{"tools":[{"name":"a"},{"name":"b"}],"system":"x","messages":[{"role":"user","content":"other"},{"role":"assistant","content":"yo"}]}""", "messages[0]")]
    [InlineData("no json", null)]
    public void The_first_part_that_changed_is_named_and_moved_cache_markers_are_not(string after, string? change)
    {
        const string Prompt = """{"tools":[{"name":"a","cache_control":{"type":"ephemeral"}},{"name":"b"}],"system":"x","messages":[{"role":"user","content":"hi"},{"role":"user","content":"the last one may be rewritten"}]}""";
        Assert.Equal(change, CachePrefix.FirstChange(Encoding.UTF8.GetBytes(Prompt), Encoding.UTF8.GetBytes(after)));
    }
}

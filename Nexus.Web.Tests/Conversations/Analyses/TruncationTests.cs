using CsCheck;
using Nexus.Web.Conversations.Analyses;
using Xunit;

namespace Nexus.Web.Tests.Conversations.Analyses;

public sealed class TruncationTests
{
    private static readonly Gen<string[]> Messages = Gen.Select(Gen.Int[1, 900], Gen.Int[0, 2]).Array[1, 60].Select(shapes => shapes.Select((shape, i) => $"{i}:".PadRight(shape.Item1, "x漢ж"[shape.Item2])).ToArray());

    [Fact]
    public void What_is_kept_fits_in_order_and_ends_with_the_last_message() =>
        Gen.Select(Messages, Gen.Int[Truncation.Least, 5_000], Gen.Int[0, 8], Gen.Int[1, 30]).Sample((messages, budget, head, tail) =>
        {
            var kept = Truncation.Fit(messages, budget, head, tail);
            Assert.True(kept.Texts.Sum(Truncation.Tokens) <= budget);
            var whole = kept.Texts.Where(text => text != Truncation.Gap).ToList();
            if (kept.LeftOut == 0)
            {
                Assert.Equal(messages, kept.Texts);
                return;
            }

            Assert.Equal(messages.Length, whole.Count + kept.LeftOut);
            Assert.Equal(messages[^1][..Math.Min(10, messages[^1].Length)], whole[^1][..Math.Min(10, messages[^1].Length)]);
            if (whole.Count > 1)
                Assert.Equal(whole, messages.Where(whole.Contains)); // whole, and in their order
        });

    [Theory]
    [InlineData("twelve chars", 3)]
    [InlineData("会話を分析する", 7)]
    [InlineData("one 会話", 3)]
    public void Scripts_with_a_token_for_each_character_are_counted_so(string text, int tokens) => Assert.Equal(tokens, Truncation.Tokens(text));

    [Fact]
    public void A_short_conversation_is_whole_and_of_a_long_one_head_and_tail_stay_around_a_mark()
    {
        string[] messages = [.. Enumerable.Range(0, 100).Select(i => $"{i:000}".PadRight(400, '.'))]; // 100 tokens each
        Assert.Equal(messages, Truncation.Fit(messages, 10_000, 5, 20).Texts);
        var kept = Truncation.Fit(messages, 3_010, 5, 20);
        Assert.Equal(messages[..5], kept.Texts.Take(5));
        Assert.Equal(Truncation.Gap, kept.Texts[5]);
        Assert.Equal(messages[75..], kept.Texts.Skip(6)); // 20 of the tail, and five more that fit
        Assert.Equal(70, kept.LeftOut);
    }

    [Fact]
    public void One_message_that_is_too_long_is_cut_and_sent_alone()
    {
        var kept = Truncation.Fit(["first", new string('a', 5_000) + "end"], 200, 5, 20);
        var text = Assert.Single(kept.Texts);
        Assert.Contains(Truncation.Cut, text, StringComparison.Ordinal);
        Assert.EndsWith("end", text, StringComparison.Ordinal);
        Assert.Equal(1, kept.LeftOut);
        for (var most = 30; most < 60; most++) // no half of a pair is left behind
            Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(Truncation.Shorten(string.Concat(Enumerable.Repeat("😀", 100)), most))));
    }
}

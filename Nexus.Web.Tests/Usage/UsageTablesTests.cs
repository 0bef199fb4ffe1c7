using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using Nexus.Web.Usage;
using Xunit;

namespace Nexus.Web.Tests.Usage;

public sealed partial class UsageTablesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 14, 7, 3, TimeSpan.Zero);
    private static readonly Gen<DateTimeOffset> Time = Gen.Long[0, 100 * 24 * 60].Select(minutes => Now.AddMinutes(-minutes));

    [Fact]
    public void A_stretch_is_covered_once_by_whole_buckets_of_each_table() => Gen.Select(Time, Time, Gen.Int[0, 3]).Sample((a, b, widest) =>
    {
        var (from, to) = a < b ? (a, b) : (b, a);
        var pieces = Pieces(UsageTables.Between(from, to, Now, RollupTier.All[widest]));
        var finest = UsageTables.FinestAt(from, Now);
        var (first, past) = (Ceiling(from, finest), Ceiling(to, finest));
        if (first >= past)
        {
            Assert.Empty(pieces);
            return;
        }

        Assert.Equal(first, pieces[0].From);
        Assert.True(pieces[^1].To == (past > Now ? DateTimeOffset.MaxValue : past));
        Assert.All(pieces.Zip(pieces.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.All(pieces, piece =>
        {
            Assert.True(piece.From < piece.To);
            Assert.True(piece.Tier.Width >= finest && piece.Tier.Width <= Max(RollupTier.All[widest].Width, finest));
            Assert.Equal(0, piece.From.UtcTicks % piece.Tier.Width.Ticks);
            if (piece.To < DateTimeOffset.MaxValue)
                Assert.Equal(0, piece.To.UtcTicks % piece.Tier.Width.Ticks);
        });
        // Days in the middle, finer towards both ends: so there are few.
        Assert.InRange(pieces.Count, 1, 7);
    });

    [Fact]
    public void Intervals_are_told_apart_by_the_coarsest_rollup_that_can()
    {
        Assert.Same(RollupTier.Day, RollupTier.Of([new(2026, 11, 25, 0, 0, 0, TimeSpan.Zero)]));
        Assert.Same(RollupTier.Hour, RollupTier.Of([new(2026, 11, 25, 0, 0, 0, TimeSpan.FromHours(1)), new(2026, 11, 26, 0, 0, 0, TimeSpan.FromHours(1))]));
        Assert.Same(RollupTier.Quarter, RollupTier.Of([new(2026, 11, 25, 0, 0, 0, new TimeSpan(5, 45, 0))]));
        Assert.Same(RollupTier.FiveMinutes, RollupTier.Of([Now]));
        Assert.Same(RollupTier.Day, RollupTier.Of([]));
        Assert.Same(RollupTier.Hour, RollupTier.OfDays(TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"), Now.AddDays(-30), Now));
        Assert.Same(RollupTier.Quarter, RollupTier.OfDays(TimeZoneInfo.FindSystemTimeZoneById("Asia/Kathmandu"), Now.AddDays(-30), Now));
        // Half an hour of summer time, in part of the stretch.
        Assert.Same(RollupTier.Quarter, RollupTier.OfDays(TimeZoneInfo.FindSystemTimeZoneById("Australia/Lord_Howe"), Now.AddDays(-90), Now));
    }

    private static List<(RollupTier Tier, DateTimeOffset From, DateTimeOffset To)> Pieces(string sql) =>
    [
        .. Piece().Matches(sql).Select(match => (
            RollupTier.All.Single(tier => tier.Table == match.Groups[1].Value),
            DateTimeOffset.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture),
            match.Groups[3].Success ? DateTimeOffset.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture) : DateTimeOffset.MaxValue)),
    ];

    private static DateTimeOffset Ceiling(DateTimeOffset at, TimeSpan width) => new(at.UtcTicks + ((width.Ticks - (at.UtcTicks % width.Ticks)) % width.Ticks), TimeSpan.Zero);

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    [GeneratedRegex("FROM (usage_\\w+) WHERE bucket >= '([^']+)'(?: AND bucket < '([^']+)')?")]
    private static partial Regex Piece();
}

using CsCheck;
using Nexus.Web.Usage.Windows;
using Xunit;

namespace Nexus.Web.Tests.Usage.Windows;

public sealed class SlidingWindowTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_point_is_the_sum_of_the_buckets_in_the_window_that_ends_with_it() =>
        Gen.Select(Gen.Int[0, 200].Array[0, 40], Gen.Int[0, 1000].Array[40], Gen.Int[0, 3].Select(i => new[] { 5, 10, 15, 60 }[i]), Gen.Int[0, 2].Select(i => new[] { 1, 5, 24 }[i])).Sample((places, tokens, step, hours) =>
        {
            var buckets = places.Distinct().Order().Select((place, i) => new WindowBucket(Start.AddMinutes(5 * place), tokens[i], tokens[i] % 7 == 0)).ToList();
            var width = TimeSpan.FromHours(hours);
            foreach (var point in SlidingWindow.Over(buckets, Start.AddHours(2), Start.AddHours(14), TimeSpan.FromMinutes(step), width))
            {
                var end = point.At.AddMinutes(step);
                var inside = buckets.Where(bucket => bucket.At < end && bucket.At >= end - width).ToList();
                Assert.Equal(inside.Sum(bucket => bucket.OutputTokens), point.OutputTokens);
                Assert.Equal(inside.Any(bucket => bucket.Warned), point.Warned);
            }
        });

    [Fact]
    public void Points_run_from_the_first_to_the_last_also_where_nothing_happened() =>
        Assert.Equal(13, SlidingWindow.Over([], Start, Start.AddHours(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(5)).Count(point => point is { OutputTokens: 0, Warned: false }));
}

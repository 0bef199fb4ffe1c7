using Nexus.Web.Pages.Shared.Kit;
using Xunit;

namespace Nexus.Web.Tests.Pages.Kit;

public sealed class DisplayTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(999, "999")]
    [InlineData(1_234, "1.2K")]
    [InlineData(999_949, "999.9K")]
    [InlineData(999_950, "1M")]
    [InlineData(1_234_567, "1.2M")]
    [InlineData(2_500_000_000, "2.5B")]
    [InlineData(-1_500, "-1.5K")]
    public void Counts_have_one_decimal_at_most_and_roll_over_to_the_next_unit(long value, string text) => Assert.Equal(text, Display.Count(value));

    [Theory]
    [InlineData(0, "$0.00")]
    [InlineData(99, "<$0.0001")]
    [InlineData(100, "$0.0001")]
    [InlineData(4_249, "$0.0042")]
    [InlineData(10_000, "$0.01")]
    [InlineData(1_234_567, "$1.23")]
    [InlineData(999_999_999, "$1000.00")]
    [InlineData(1_234_500_000, "$1,235")]
    [InlineData(-1_500_000, "−$1.50")]
    public void Money_is_as_exact_as_its_size_asks_for(long micros, string text) => Assert.Equal(text, Display.Money(micros));

    [Theory]
    [InlineData(null, "–")]
    [InlineData(0.4, "0 ms")]
    [InlineData(999.6, "1 s")]
    [InlineData(1_250.0, "1.3 s")]
    [InlineData(59_960.0, "1 min")]
    [InlineData(184_000.0, "3 min 4 s")]
    [InlineData(7_500_000.0, "2 h 5 min")]
    [InlineData(97_200_000.0, "1 d 3 h")]
    public void Durations_name_at_most_two_units(double? milliseconds, string text) => Assert.Equal(text, Display.Milliseconds(milliseconds));

    [Theory]
    [InlineData(0, 0, "–")]
    [InlineData(1, 3, "33 %")]
    [InlineData(1, 80, "1.3 %")]
    [InlineData(80, 80, "100 %")]
    public void Shares_have_a_decimal_only_when_they_are_small(long part, long whole, string text) => Assert.Equal(text, Display.Percent(part, whole));

    [Theory]
    [InlineData(1_023, "1023 B")]
    [InlineData(1_536, "1.5 KB")]
    [InlineData(5L << 30, "5 GB")]
    public void Sizes_count_in_1024(long value, string text) => Assert.Equal(text, Display.Bytes(value));
}

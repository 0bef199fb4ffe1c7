using CsCheck;
using Nexus.Web.Operations.Backups;
using Xunit;

namespace Nexus.Web.Tests.Operations.Backups;

public class BackupRetentionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 0, 25, 0, TimeSpan.Zero);

    [Fact]
    public void Days_weeks_and_months_keep_their_newest_each()
    {
        // One a night for 200 nights.
        var nights = Enumerable.Range(0, 200).Select(night => Now.AddDays(-night)).ToList();
        var kept = nights.Except(BackupRetention.Parse("7d,4w,6m").Expired(nights, at => at)).Select(at => at.ToString("MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(["11-25", "11-24", "11-23", "11-22", "11-21", "11-20", "11-19", "11-15", "11-08", "10-31", "09-30", "08-31", "07-31", "06-30"], kept);
    }

    [Fact]
    public void However_many_there_are_the_newest_stays_and_no_more_than_asked_for() =>
        Gen.Select(Gen.Int[0, 400].Array[0, 60], Gen.Int[0, 9], Gen.Int[0, 9], Gen.Int[0, 9]).Where(sample => sample.Item2 + sample.Item3 + sample.Item4 > 0).Sample((hours, days, weeks, months) =>
        {
            var made = hours.Distinct().Select(hour => Now.AddHours(-7 * hour)).ToList();
            var kept = made.Except(new BackupRetention(days, weeks, months).Expired(made, at => at)).ToList();
            Assert.True(kept.Count <= Math.Max(1, days + weeks + months));
            if (made.Count > 0)
                Assert.Contains(made.Max(), kept);
        });

    [Theory]
    [InlineData("")]
    [InlineData("0d")]
    [InlineData("7")]
    [InlineData("7y")]
    [InlineData("-1d")]
    public void What_keeps_nothing_is_refused(string text) => Assert.Throws<FormatException>(() => BackupRetention.Parse(text));
}

using CsCheck;
using Nexus.Web.Operations.Metrics;
using Xunit;

namespace Nexus.Web.Tests.Operations.Metrics;

public sealed class BoundedNamesTests
{
    [Fact]
    public void However_many_names_come_a_label_has_no_more_values_than_it_may_and_one_for_the_others() =>
        Gen.Select(Gen.Int[0, 30].Select(number => "name" + number), Gen.Bool).Array[0, 200].Sample(asked =>
        {
            var names = new BoundedNames(5);
            var given = asked.Select(one => names.Of(one.Item1, one.Item2)).ToList();
            Assert.InRange(given.Where(value => value != BoundedNames.Other).Distinct().Count(), 0, 5);
            Assert.All(given.Zip(asked), pair => Assert.True(pair.First == BoundedNames.Other || pair.First == pair.Second.Item1));
        });

    [Fact]
    public void What_strangers_invent_takes_no_place_and_what_has_a_place_keeps_it()
    {
        var names = new BoundedNames(1);
        Assert.Equal(BoundedNames.Other, names.Of("invented.example", earned: false));
        Assert.Equal("team.example", names.Of("team.example", earned: true));
        Assert.Equal("team.example", names.Of("team.example", earned: false));
        Assert.Equal(BoundedNames.Other, names.Of("late.example", earned: true));
        Assert.Equal(BoundedNames.Other, names.Of(null, earned: true));
    }
}

using CsCheck;
using Nexus.Web.Access.Roles;
using Nexus.Web.Access.SignIn;
using Xunit;

namespace Nexus.Web.Tests.Access.SignIn;

public sealed class RoleMapTests
{
    [Theory]
    [InlineData("ada@one.example", "", "administrator")]
    [InlineData("ADA@ONE.EXAMPLE", "", "administrator")]
    [InlineData("bob@one.example", "", "viewer")]
    [InlineData("bob@one.example", "platform", "operator")]
    [InlineData("bob@one.example", "Platform", "viewer")]
    [InlineData("bob@sub.one.example", "", null)]
    [InlineData("@one.example", "", null)]
    [InlineData("sub:bob@one.example", "", null)]
    [InlineData("SUB:bob@one.example", "platform", "operator")]
    [InlineData("group:platform", "", null)]
    public void The_greatest_role_that_names_somebody_holds(string name, string group, string? role) =>
        Assert.Equal(RoleNames.Parse(role), RoleMap.Parse("@one.example=viewer, ada@one.example=administrator, group:platform=operator, ada@one.example=member").Of(name, [group]));

    [Fact]
    public void What_was_written_is_what_is_read() => Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Enum<Role>()).List[1, 8].Sample(pairs =>
    {
        var map = RoleMap.Parse(string.Join(", ", pairs.Select(pair => $"{pair.Item1}@x.example={pair.Item2.ToText()}")));
        foreach (var (name, _) in pairs)
            Assert.Equal(pairs.Where(pair => pair.Item1.Equals(name, StringComparison.OrdinalIgnoreCase)).Max(pair => pair.Item2), map.Of(name + "@x.example", []));
        Assert.Null(map.Of("nobody@y.example", []));
    });
}

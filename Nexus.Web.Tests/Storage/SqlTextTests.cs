using Nexus.Web.Storage;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Storage;

public sealed class SqlTextTests
{
    [Fact]
    public void A_statement_is_one_line_of_bounded_length()
    {
        Assert.Equal("SELECT 1 FROM x", SqlText.Of("\n  SELECT 1\r\n\tFROM   x"));
        Assert.EndsWith("… [10000 characters]", SqlText.Of(new string('x', 10_000)), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_are_told_and_long_ones_only_by_their_length()
    {
        using var command = new NpgsqlCommand();
        foreach (var value in new object?[] { "short", new string('x', 201), 12.5, null, new byte[3], new[] { "a", "b" }, true })
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        Assert.Equal("$1 = 'short', $2 = <String[201]>, $3 = 12.5, $4 = NULL, $5 = <3 bytes>, $6 = <String[], 2 values>, $7 = True", SqlText.Of(command.Parameters));
    }
}

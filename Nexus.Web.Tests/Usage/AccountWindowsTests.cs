using Nexus.Web.Capture;
using Nexus.Web.Usage;
using Xunit;

namespace Nexus.Web.Tests.Usage;

public sealed class AccountWindowsTests
{
    private static readonly HeaderLine[] Headers =
    [
        new("anthropic-ratelimit-unified-status", "allowed_warning"),
        new("anthropic-ratelimit-unified-reset", "1795604400"),
        new("Anthropic-RateLimit-Unified-5h-Utilization", "0.93"),
        new("anthropic-ratelimit-unified-5h-status", "allowed_warning"),
        new("anthropic-ratelimit-unified-5h-reset", "1795604400"),
        new("anthropic-ratelimit-unified-7d-utilization", "1.02"),
        new("anthropic-ratelimit-unified-7d-reset", "2026-11-30T00:00:00Z"),
        new("anthropic-ratelimit-unified-representative-claim", "five_hour"),
        new("anthropic-ratelimit-unified-fallback-percentage", "0.5"),
        new("anthropic-ratelimit-requests-remaining", "7"),
    ];

    [Fact]
    public void Each_window_of_the_headers_becomes_a_row_with_both_forms_of_dates()
    {
        var at = Exchanges.Noon;
        var windows = AccountWindows.From("account", Headers, at);
        Assert.Equal(
            [("unified", "allowed_warning", null, "2026-11-25T11:00:00Z"), ("5h", "allowed_warning", 0.93, "2026-11-25T11:00:00Z"), ("7d", null, 1.02, "2026-11-30T00:00:00Z")],
            windows.Select(row => (row.WindowName, row.Status, row.Utilization, row.ResetsAt!.Value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture))));
        Assert.Equal("allowed_warning", AccountWindows.Status(Headers));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("99999999999999999999")]
    [InlineData("253402300800")]
    public void What_is_no_date_is_none(string value) => Assert.Null(AccountWindows.Reset(value));

    [Fact]
    public void Callers_with_their_own_credential_and_strange_upstreams_fill_nothing()
    {
        Assert.Empty(AccountWindows.From(null, Headers, Exchanges.Noon));
        Assert.Empty(AccountWindows.From("account", [], Exchanges.Noon));
        var many = Enumerable.Range(0, 500).Select(i => new HeaderLine($"anthropic-ratelimit-unified-w{i}-status", "allowed"));
        Assert.InRange(AccountWindows.From("account", [.. many], Exchanges.Noon).Count, 1, 16);
        var odd = AccountWindows.From("account", [new("anthropic-ratelimit-unified-5h-utilization", "NaN"), new("anthropic-ratelimit-unified-5h-reset", "never")], Exchanges.Noon);
        Assert.Equal((null, null), (odd[0].Utilization, odd[0].ResetsAt));
    }
}

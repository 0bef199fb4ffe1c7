using Nexus.Web.Usage;
using Xunit;

namespace Nexus.Web.Tests.Usage;

public sealed class ContextWindowsTests
{
    [Theory]
    [InlineData("claude-sonnet-4-20250514[1m]", 1_000_000, false)]
    [InlineData("claude-fable-5", 1_000_000, false)]
    [InlineData("claude-mythos-preview", 1_000_000, false)]
    [InlineData("claude-opus-5-20260801", 1_000_000, false)]
    [InlineData("claude-opus-4-8", 1_000_000, false)]
    [InlineData("claude-opus-4-5", 200_000, false)]
    [InlineData("claude-sonnet-5", 1_000_000, false)]
    [InlineData("claude-sonnet-4-6", 1_000_000, false)]
    [InlineData("claude-sonnet-4-20250514", 200_000, false)]
    [InlineData("claude-haiku-4-5", 200_000, false)]
    [InlineData("claude-3-haiku-20240307", 200_000, false)]
    [InlineData("claude-2.1", 200_000, false)]
    [InlineData("claude-2.0", 100_000, false)]
    [InlineData("claude-instant-1.2", 100_000, false)]
    [InlineData("claude-haiku-6", 200_000, true)]
    [InlineData("claude-sonnet-6", 1_000_000, true)]
    [InlineData("Claude-Opus-12-20280101", 1_000_000, true)]
    [InlineData("claude-mythos-4", 200_000, true)]
    [InlineData("gpt-oss", 200_000, true)]
    [InlineData(null, 200_000, true)]
    public void The_window_follows_the_models_name(string? model, int tokens, bool estimate) => Assert.Equal(new ContextWindow(tokens, estimate), ContextWindows.Of(model));

    [Fact]
    public void What_went_in_is_what_the_window_is_used_for() => Assert.Equal(15, ContextWindows.Used(new(1, 100, 2, 4, 8)));
}

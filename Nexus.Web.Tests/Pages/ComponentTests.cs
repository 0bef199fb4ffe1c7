using Bunit;
using Nexus.Web.Pages.Shared;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class ComponentTests : BunitContext
{
    [Fact]
    public void An_empty_table_shows_the_next_step() =>
        Assert.Contains("ANTHROPIC_BASE_URL", Render<RequestTable>(table => table.Add(t => t.Rows, [])).Markup, StringComparison.Ordinal);

    [Fact]
    public void A_failed_request_is_red_and_links_to_its_page()
    {
        var id = Guid.CreateVersion7();
        var table = Render<RequestTable>(table => table.Add(t => t.Rows, [new RequestLine(id, DateTimeOffset.UnixEpoch, "d", null, "main", "upstream_cut", 200, 1500, 3, 61_000)]));
        Assert.Equal("upstream_cut", table.Find("td.bad").TextContent);
        Assert.Equal($"/dashboard/request/{id}", table.Find("a").GetAttribute("href"));
        Assert.Contains("1.5K", table.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Thinking_is_folded() =>
        Assert.False(Render<MessageBlock>(block => block.Add(b => b.Block, new ContentBlock("thinking", "Thinking", "hm"))).Find("details").HasAttribute("open"));
}

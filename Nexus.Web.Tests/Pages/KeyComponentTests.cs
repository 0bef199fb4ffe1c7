using Bunit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Tests.Pages.Tables;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class KeyComponentTests : BunitContext
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private static KeyPart Key(string state = "active") =>
        new("key_1", "laptop", "ada", "team.example.com", "wxyz", ["claude-haiku-*"], "redacted", "mails", Noon, "cli", null, Noon.AddDays(1), state == "revoked" ? Noon : null, state == "revoked" ? "dashboard" : null, null, state);

    [Fact]
    public void A_row_names_the_key_by_its_last_characters_and_leads_to_its_page()
    {
        var list = Render<KeyList>(list => list.Add(l => l.Keys, [Key(), Key("revoked")]).Add(l => l.View, TestViews.Of(KnownTables.Keys)).Add(l => l.Token, "t"));
        Assert.Equal(["/dashboard/key/key_1", "/dashboard/key/key_1"], list.FindAll("tbody th a").Select(link => link.GetAttribute("href")));
        Assert.Equal(["…wxyz", "…wxyz"], list.FindAll("td code").Select(hint => hint.TextContent));
        Assert.Equal(["active", "revoked"], list.FindAll(".pill").Select(pill => pill.TextContent));
        Assert.Equal("mails", list.FindAll("td[title=mails]")[0].GetAttribute("title"));
    }

    [Theory]
    [InlineData(true, "export ANTHROPIC_AUTH_TOKEN=cnp_live_x")]
    [InlineData(false, "export ANTHROPIC_CUSTOM_HEADERS=\"x-api-key: cnp_live_x\"")]
    public void The_set_up_is_that_of_who_pays(bool pays, string line)
    {
        var created = Render<KeyCreated>(created => created.Add(c => c.New, new NewKey(Key(), "cnp_live_x", "http://team.example.com:3000", pays)).Add(c => c.Token, "t"));
        Assert.Contains(line, created.Find("#set-up-claude").TextContent, StringComparison.Ordinal);
        Assert.Equal("cnp_live_x", created.Find("form input[name=key]").GetAttribute("value"));
    }

    [Fact]
    public void A_revoked_key_can_only_be_looked_at()
    {
        Assert.Empty(Render<KeyView>(view => view.Add(v => v.Key, Key("revoked")).Add(v => v.Token, "t")).FindAll("form"));
        Assert.Equal(3, Render<KeyView>(view => view.Add(v => v.Key, Key()).Add(v => v.Token, "t")).FindAll("form[method=post]").Count);
    }

    [Fact]
    public void A_domain_shows_its_own_level_with_its_reason_and_else_the_default()
    {
        DomainPart[] domains = [new("a.example", 3, Noon, "account a", null, 1, "off", "contract", "dashboard", Noon), new("b.example", 0, null, "nobody: it is empty", "bad", 0, null, null, null, null)];
        var list = Render<DomainList>(list => list.Add(l => l.Domains, domains).Add(l => l.View, TestViews.Of(KnownTables.Domains)).Add(l => l.Default, "full").Add(l => l.Token, "t").Add(l => l.Wrong, "b.example").Add(l => l.Problems, ["captureReason: needed"]));
        Assert.Equal(["off", "full"], list.FindAll(".reason strong").Select(level => level.TextContent));
        Assert.Contains("contract", list.FindAll(".reason")[0].TextContent, StringComparison.Ordinal);
        Assert.Equal("off", list.FindAll("option[selected]").Single().GetAttribute("value"));
        Assert.Single(list.FindAll("dialog[open]"));
    }
}

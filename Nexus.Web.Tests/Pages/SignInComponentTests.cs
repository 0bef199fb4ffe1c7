using Bunit;
using Nexus.Web.Pages.Shared.SignIn;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Tests.Pages.Tables;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class SignInComponentTests : BunitContext
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private static SessionPart Session(string id, string person, bool own = false) => new(id, person, "oidc", "viewer", "192.0.2.7", "Mozilla/5.0 (X11) Gecko/20100101 Firefox/140.0", Noon, Noon, own);

    [Fact]
    public void The_own_session_is_marked_and_every_other_can_be_ended()
    {
        var list = Render<SessionList>(list => list.Add(l => l.Sessions, [Session("ses_1", "ada", own: true), Session("ses_2", "ada"), Session("ses_3", "bob")]).Add(l => l.Person, "ada").Add(l => l.Everybody, true).Add(l => l.View, TestViews.Of(KnownTables.Sessions)).Add(l => l.Token, "t"));
        Assert.Equal(["ses_2", "ses_3"], list.FindAll("td form input[name=id]").Select(input => input.GetAttribute("value")));
        Assert.Equal("this one", Assert.Single(list.FindAll(".pill")).TextContent);
        Assert.Contains("Firefox", list.Markup, StringComparison.Ordinal);
        Assert.Contains("End all my other sessions", list.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_has_one_session_alone_is_offered_to_end_none()
    {
        var list = Render<SessionList>(list => list.Add(l => l.Sessions, [Session("ses_1", "ada", own: true)]).Add(l => l.Person, "ada").Add(l => l.View, TestViews.Of(KnownTables.Sessions with { Columns = [.. KnownTables.Sessions.Columns.Skip(1)] })).Add(l => l.Token, "t"));
        Assert.Empty(list.FindAll("form"));
        Assert.DoesNotContain("Who", list.Find("thead").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_says_what_the_role_is_for_and_who_gives_it()
    {
        var page = Render<DeniedPage>(page => page.Add(p => p.Denied, new DeniedPart("This needs the role operator.", "ada", "viewer", "operator", "jobs", false, "ops@one.example")));
        Assert.Contains("The role operator is for jobs. ops@one.example gives roles.", page.Markup, StringComparison.Ordinal);
        Assert.Equal("toast", Render<DeniedToast>(toast => toast.Add(p => p.Denied, new DeniedPart("No.", "ada", "viewer", "operator", "jobs", false, ""))).Find("[role=alert]").Id);
    }

    [Fact]
    public void Who_has_no_key_is_told_how_to_get_one_and_who_has_no_name_why_nothing_is_theirs()
    {
        Assert.Contains("ada@one.example", Render<MineView>(view => view.Add(v => v.View, new MinePart("ada@one.example", null, "http://nexus:3000"))).Find(".empty").TextContent, StringComparison.Ordinal);
        Assert.Contains("Nobody by name", Render<MineView>(view => view.Add(v => v.View, new MinePart(null, null, "http://nexus:3000"))).Find(".empty").TextContent, StringComparison.Ordinal);
    }
}

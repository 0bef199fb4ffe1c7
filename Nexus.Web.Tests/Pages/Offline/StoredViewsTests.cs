using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Access.Roles;
using Nexus.Web.Pages.Offline;
using Xunit;

namespace Nexus.Web.Tests.Pages.Offline;

public sealed class StoredViewsTests
{
    private static DefaultHttpContext Ask(string name = "ada", string role = "viewer", string path = "/dashboard/requests", string query = "", bool htmx = false, string? zone = null, string scheme = "session")
    {
        var context = new DefaultHttpContext { User = new(new ClaimsIdentity([new(ClaimTypes.Name, name), new(ClaimTypes.Role, role)], scheme)) };
        (context.Request.Method, context.Request.Path, context.Request.QueryString, context.Request.Host) = ("GET", path, new(query), new("gate:3001"));
        if (htmx)
            context.Request.Headers["HX-Request"] = "true";
        if (zone is not null)
            context.Request.Headers.Cookie = "nexus_zone=" + Uri.EscapeDataString(zone);
        return context;
    }

    [Fact]
    public void A_view_is_found_by_the_same_person_for_the_same_address_alone()
    {
        using var views = new StoredViews(new FakeTimeProvider());
        views.Keep(StoredViews.KeyOf(Ask()), [1]);
        Assert.NotNull(views.Find(StoredViews.KeyOf(Ask())));
        DefaultHttpContext[] others =
        [
            Ask(name: "bob"), Ask(role: "administrator"), Ask(scheme: "other"), Ask(path: "/dashboard/usage"), Ask(query: "?domain=a"), Ask(htmx: true), Ask(zone: "Europe/Berlin"),
            // No way of writing names makes two people one.
            Ask(name: "ada|" + ClaimTypes.Role, role: "viewer\n"), Ask(name: "", role: "adaviewer"),
        ];
        foreach (var cookie in new[] { "nexus_theme=dark", "nexus_tables=%7B%7D", ".AspNetCore.Antiforgery.x=another-browser" })
        {
            others = [.. others, Ask()];
            others[^1].Request.Headers.Cookie = cookie;
        }

        Assert.All(others, other => Assert.Null(views.Find(StoredViews.KeyOf(other))));
        Assert.Equal(others.Length, others.Select(StoredViews.KeyOf).Distinct().Count());
    }

    [Theory]
    [InlineData("GET", "/dashboard", true)]
    [InlineData("GET", "/dashboard/Requests", true)]
    [InlineData("GET", "/dashboard/mine", true)]
    [InlineData("GET", "/dashboard/alerts", true)]
    [InlineData("GET", "/dashboard/budgets", true)]
    [InlineData("GET", "/dashboard/request/0190f0e0-0000-7000-8000-000000000000", true)]
    [InlineData("GET", "/dashboard/conversation/0190f0e0-0000-7000-8000-000000000000", true)]
    [InlineData("GET", "/dashboard/request/not-an-id", false)]
    [InlineData("GET", "/dashboard/keys", false)]
    [InlineData("GET", "/dashboard/login", false)]
    [InlineData("POST", "/dashboard", false)]
    public void Only_what_people_watch_is_kept(string method, string path, bool kept)
    {
        var context = Ask(path: path);
        context.Request.Method = method;
        Assert.Equal(kept, StoredViews.Keeps(context.Request));
    }

    [Fact]
    public void The_file_of_a_conversation_is_not_kept()
    {
        var context = Ask(path: "/dashboard/conversation/0190f0e0-0000-7000-8000-000000000000", query: "?handler=export");
        Assert.False(StoredViews.Keeps(context.Request));
    }

    [Fact]
    public void What_a_grant_opened_is_found_under_that_grant_alone()
    {
        var now = DateTimeOffset.UnixEpoch;
        var (open, closed, granted, again) = (Ask(), Ask(), Ask(), Ask());
        open.Features.Set(new ContentAccess(true));
        closed.Features.Set(new ContentAccess(false));
        granted.Features.Set(new ContentAccess(true, new(Guid.NewGuid(), "ada", "ada", "a reason", now, now)));
        again.Features.Set(new ContentAccess(true, new(Guid.NewGuid(), "ada", "ada", "a reason", now, now)));
        Assert.Equal(4, new[] { open, closed, granted, again }.Select(StoredViews.KeyOf).Distinct().Count());
    }

    [Fact]
    public void Memory_is_bounded_and_a_huge_page_is_not_kept()
    {
        using var views = new StoredViews(new FakeTimeProvider());
        views.Keep("huge", new byte[(1 << 20) + 1]);
        Assert.Null(views.Find("huge"));
        for (var i = 0; i < 100; i++)
            views.Keep($"view {i}", new byte[1 << 20]);
        Assert.InRange(Enumerable.Range(0, 100).Count(i => views.Find($"view {i}") is not null), 1, 32);
        using var small = new StoredViews(new FakeTimeProvider());
        for (var i = 0; i < 2000; i++)
            small.Keep($"view {i}", [1]);
        Assert.InRange(Enumerable.Range(0, 2000).Count(i => small.Find($"view {i}") is not null), 1, 1024);
    }
}

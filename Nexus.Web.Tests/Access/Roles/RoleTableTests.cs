using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.Roles;
using Nexus.Web.Listening;
using Nexus.Web.Pages;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.Roles;

/// <summary>Of every address that the dashboard's port serves it is decided who may use it. No database, no browser: the endpoints as they are mapped.</summary>
public sealed class RoleTableTests : IAsyncLifetime
{
    /// <summary>What strangers may ask for. Files are told by their endings.</summary>
    private static readonly string[] Open = ["", "health", "health/live", "health/ready", "v1/{**rest}", "dashboard/login", "dashboard/refused"];

    private NexusApp _nexus = null!;

    public async Task InitializeAsync() => _nexus = await NexusApp.StartAsync("http://127.0.0.1:9");

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task Every_endpoint_of_the_dashboard_s_port_is_open_by_decision_or_needs_a_listed_role()
    {
        var policies = _nexus.Services.GetRequiredService<IAuthorizationPolicyProvider>();
        var listed = RoleTable.All.Select(rule => rule.Route).ToHashSet();
        var (wrong, met) = (new List<string>(), new HashSet<string>());
        foreach (var endpoint in Endpoints())
        {
            var route = endpoint.RoutePattern.RawText!.Trim('/');
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            {
                if (!Open.Contains(route) && !IsFile(route))
                    wrong.Add($"{route} is open to strangers");
                continue;
            }

            met.Add(route);
            // What finds files in development answers to no listed address: it takes an administrator.
            if (!listed.Contains(route) && endpoint.Order != int.MaxValue)
                wrong.Add($"{route} has no line in RoleTable");
            var data = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>();
            var policy = await AuthorizationPolicy.CombineAsync(policies, data) ?? await policies.GetFallbackPolicyAsync();
            if (policy?.Requirements.OfType<RoleRequirement>().Any() != true)
                wrong.Add($"{route} is not asked for a role");
        }

        wrong.AddRange(listed.Except(met).Select(route => $"{route} has a line in RoleTable and is not there"));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_handler_that_RolePages_names_is_there()
    {
        var handlers = Endpoints().Where(endpoint => endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null).DistinctBy(endpoint => endpoint.RoutePattern.RawText)
            .ToDictionary(endpoint => endpoint.RoutePattern.RawText!.Trim('/'), HandlersOf);
        Assert.All(RolePages.All.SelectMany(rule => rule.Handlers.Keys.Select(handler => (rule.Route, handler))), pair => Assert.Contains(pair.handler, handlers[pair.Route]));
    }

    [Fact]
    public void What_is_not_listed_takes_an_administrator()
    {
        Assert.Equal(Role.Administrator, RoleTable.Of(null).For("GET"));
        Assert.False(RoleTable.Shows(Role.Operator, "/dashboard/no-such-page"));
    }

    [Fact]
    public void The_navigation_shows_what_a_role_may_open_and_an_administrator_everything()
    {
        Assert.Equal(["/dashboard/mine", "/dashboard/sessions"], Navigation.For(Role.Member).SelectMany(group => group.Entries).Select(entry => entry.Href));
        Assert.DoesNotContain(Navigation.For(Role.Operator).SelectMany(group => group.Entries), entry => entry.Href == "/dashboard/audit");
        Assert.Equal(Navigation.Groups.SelectMany(group => group.Entries), Navigation.For(Role.Administrator).SelectMany(group => group.Entries));
    }

    private IEnumerable<RouteEndpoint> Endpoints() => _nexus.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<ServedOn>()?.Listener != Listener.Proxy);

    private static bool IsFile(string route) => new[] { ".css", ".js", ".svg", ".gz", ".br", ".png", ".woff2", ".map" }.Any(ending => route.EndsWith(ending, StringComparison.Ordinal)) || route.StartsWith("lib/", StringComparison.Ordinal);

    private HashSet<string> HandlersOf(RouteEndpoint endpoint)
    {
        var page = endpoint.Metadata.GetMetadata<PageActionDescriptor>()!;
        var loaded = _nexus.Services.GetRequiredService<Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure.PageLoader>().LoadAsync(page, endpoint.Metadata).GetAwaiter().GetResult();
        return [.. loaded.HandlerMethods.Select(handler => $"{handler.HttpMethod.ToUpperInvariant()} {handler.Name}".TrimEnd())];
    }
}

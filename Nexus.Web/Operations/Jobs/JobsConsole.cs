using Hangfire;
using Hangfire.Dashboard;
using Hangfire.PostgreSql;
using Nexus.Web.Access;
using Nexus.Web.Listening;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Jobs;

/// <summary>Hangfire's console on the dashboard's port, for who has logged in there.</summary>
internal static class JobsConsole
{
    public const string Path = "/jobs";

    /// <summary>
    /// What its pages need beyond the dashboard's policy, by hash, so that nothing else is allowed with it: the one style sheet
    /// that Chart.js 2.9 (bundled with Hangfire 1.8.25) puts into the page, and style attributes that are empty, which Hangfire
    /// writes where a state has no colour of its own. A browser test fails when either changes.
    /// </summary>
    public const string StyleSources = " 'sha256-z7zcnw/4WalZqx+PrNaRnoeLz/G9WXuFqV1WCJ129sg='; style-src-attr 'unsafe-hashes' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

    public static void MapJobsConsole(this WebApplication app)
    {
        // Built on first use: start-up need not load Hangfire's pages.
        var console = new Lazy<RequestDelegate>(() => Build(app));
        app.Map(Path + "/{**path}", (RequestDelegate)(context =>
            // Hangfire asks the database with blocking calls; none of them may wait for a server that is known to be away.
            context.RequestServices.GetRequiredService<Database>().State.Condition == DatabaseCondition.Ready
                ? console.Value(context)
                : DatabaseAway.Html(context, fragment: false).ExecuteAsync(context)))
            .On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);
    }

    private static RequestDelegate Build(IEndpointRouteBuilder app)
    {
        var options = new DashboardOptions
        {
            AppPath = "/dashboard",
            DashboardTitle = "Nexus jobs",
            FaviconPath = "/favicon.svg",
            DisplayStorageConnectionString = false,
            IgnoreAntiforgeryToken = false,
            StatsPollingInterval = 3000,
            // The endpoint demands the session; Hangfire's own filter would let in whoever sits on this machine.
            Authorization = [],
        };
        var branch = app.CreateApplicationBuilder();
        branch.UsePathBase(Path);
        branch.UseMiddleware<AspNetCoreDashboardMiddleware>(app.ServiceProvider.GetRequiredService<PostgreSqlStorage>(), options, DashboardRoutes.Routes, true);
        return branch.Build();
    }
}

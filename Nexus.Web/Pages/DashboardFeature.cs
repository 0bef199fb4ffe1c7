using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Nexus.Web.Access;
using Nexus.Web.Access.Roles;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Configuration;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Alerts;
using Nexus.Web.Pages.Backups;
using Nexus.Web.Pages.Errors;
using Nexus.Web.Pages.Jobs;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Logs;
using Nexus.Web.Pages.Morning;
using Nexus.Web.Pages.Offline;
using Nexus.Web.Pages.Palette;
using Nexus.Web.Pages.Prices;
using Nexus.Web.Pages.Reports;
using Nexus.Web.Pages.Shared.SignIn;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages;

internal static class DashboardFeature
{
    private const string ContentSecurityPolicy = Own + Rest;
    private const string JobsContentSecurityPolicy = Own + JobsConsole.StyleSources + Rest;
    private const string Own = "default-src 'none'; script-src 'self'; style-src 'self'";
    private const string Rest =
        "; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    public static void AddDashboard(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseStaticWebAssets();
        // A build's files may be kept as a published one's are: each has its version in its name.
        builder.Configuration["EnableStaticAssetsDevelopmentCaching"] = "true";
        builder.Services.AddRazorPages().AddMvcOptions(mvc =>
        {
            mvc.Filters.AddService<StoredViewFilter>();
            mvc.Filters.Add<HandlerRoles>();
            mvc.Filters.Add<StaleForms>();
        });
        builder.Services.AddHttpContextAccessor().AddSingleton<StoredViews>().AddSingleton<StoredViewFilter>().AddSingleton<ErrorPages>();
        builder.Services.AddRazorComponents();
        // Pages only: files are there compressed, and what streams stays as it is. What is secret in a page is masked anew each time or shown once.
        builder.Services.AddResponseCompression(compression => (compression.EnableForHttps, compression.MimeTypes) = (true, ["text/html"]));
        builder.Services.AddSingleton<UsageSummary>().AddSingleton<ProxyAddress>().AddSingleton<KeyTest>().AddSingleton<KeyPages>().AddSingleton<PageLog>().AddScoped<BudgetBanners>().AddScoped<MorningPages>().AddSingleton<MorningFacts>();
        builder.Services.AddSingleton<UnpricedModels>().AddScoped<RepricePages>().AddScoped<AnalysisPages>().AddScoped<JobPages>().AddScoped<BackupPages>().AddScoped<LevelPages>().AddScoped<AlertPages>().AddSingleton<ReportFiles>();
        builder.AddLive();
        builder.AddPalette();
        builder.Services.AddScoped<KeptPreferences>().AddScoped<SavedViews>().AddScoped<TableViews>().AddScoped<RequestOrder>().AddScoped<DomainParts>();
        // Session cookies must be readable with the database away, so their ring is on disk beside the key that they stand for.
        builder.Services.AddDataProtection().SetApplicationName("nexus");
        builder.Services.AddOptions<KeyManagementOptions>().Configure<IOptions<DataOptions>, ILoggerFactory>((keys, data, loggers) =>
        {
            PrivateFiles.MakeDirectory(data.Value.KeysDirectory);
            keys.XmlRepository = new FileSystemXmlRepository(PrivateFiles.MakeDirectory(Path.Combine(data.Value.KeysDirectory, "sessions")), loggers);
        });
    }

    public static void UseDashboard(this WebApplication app) => app.UseWhen(context => context.Listener() == Listener.Dashboard, dashboard =>
    {
        dashboard.UseResponseCompression();
        var log = app.Services.GetRequiredService<PageLog>();
        var database = app.Services.GetRequiredService<Database>();
        dashboard.Use(next => context => log.HandleAsync(context, next));
        dashboard.Use((context, next) =>
        {
            Secure(context);
            // An answer that was begun anew has lost them.
            context.Response.OnStarting(() =>
            {
                if (!context.Response.Headers.ContainsKey("Content-Security-Policy"))
                    Secure(context);
                return Task.CompletedTask;
            });
            if (database.State is { Condition: DatabaseCondition.Away } away)
                context.Response.Headers[StoredViewFilter.AwayHeader] = away.Since.ToString("O");
            return next(context);
        });
        var trail = app.Services.GetRequiredService<AuditTrail>();
        dashboard.Use(async (context, next) =>
        {
            await next(context);
            // The JSON API notes what it shows by itself, on both ports.
            if (!context.Request.Path.StartsWithSegments("/api"))
                trail.NoteRead(context);
        });
        var errors = app.Services.GetRequiredService<ErrorPages>();
        dashboard.Use(next => context => errors.HandleAsync(context, next));
    });

    public static void MapDashboard(this WebApplication app)
    {
        app.MapStaticAssets().On(Listener.Dashboard).AllowAnonymous();
        app.MapRazorPages().WithStaticAssets().On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);
        app.MapLive();
        app.MapLogPages();
        app.MapPalette();
        // A mistyped address: strangers are sent to the login as from any page, the others are told.
        app.MapMethods("/dashboard/{**rest}", ["GET", "HEAD"], () => Results.StatusCode(StatusCodes.Status404NotFound)).On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);
        app.MapGet("/", () => Results.Redirect("/dashboard")).On(Listener.Dashboard).AllowAnonymous();
        app.MapPost("/dashboard/logout", async (HttpContext context, Entrance entrance, IOptions<OpenIdOptions> openId) =>
        {
            var provider = await ProviderSignOut.AddressAsync(context);
            await entrance.LeaveAsync(context);
            return provider is null ? Results.Redirect(ProviderSignOut.SignedOut)
                : new RazorComponentResult<LeavingPage>(new Dictionary<string, object?> { ["Provider"] = openId.Value.Name, ["Address"] = provider, ["Theme"] = Theme.Of(context.Request) });
        }).On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);
    }

    private static void Secure(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments(JobsConsole.Path) ? JobsContentSecurityPolicy : ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.Path.StartsWithSegments("/api"))
            headers.CacheControl = "no-store";
        if (!context.Request.Path.StartsWithSegments("/dashboard"))
            return;
        // Conversations stay out of every cache; and one address answers htmx with a part and a browser with the whole.
        headers.CacheControl = "no-cache, no-store";
        headers.Vary = "HX-Request";
    }
}

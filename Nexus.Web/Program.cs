using Nexus.Web.Access;
using Nexus.Web.Access.Limits;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Api;
using Nexus.Web.Capture;
using Nexus.Web.Configuration;
using Nexus.Web.Conformance;
using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Credentials;
using Nexus.Web.Listening;
using Nexus.Web.Operations;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Operations.Metrics;
using Nexus.Web.Pages;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web;

/// <summary>The contents page: what the app is made of, in the order in which a request meets it.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args) => await Cli.Commands.RunAsync(args);

    /// <summary>Builds the app. <paramref name="settings"/> are environment variables by name and win over the process's own (tests).</summary>
    public static WebApplication Build(string[] args, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ApplicationName = "Nexus.Web", ContentRootPath = AppContext.BaseDirectory });
        builder.AddConfiguration(settings, DataDirectory.Problems, Ports.Problems, TlsCertificate.Problems, SignInProblems.Of);
        builder.AddLogs();           // lines on standard output, without secrets
        builder.AddListening();      // two ports, each with its own pipeline
        builder.AddStorage();        // PostgreSQL, private or given
        builder.AddAccess();         // who may call
        builder.AddLimits();         // budgets and rates
        builder.AddCredentials();    // the Claude accounts that calls are made with
        builder.AddCapture();        // the journal, and the worker that empties it into the database
        builder.AddProxy();          // forwards /v1
        builder.AddConformance();    // the wire contract, run against this very process
        builder.AddUsage();          // tokens, prices and windows
        builder.AddApi();            // JSON
        builder.AddOperations();     // health, metrics, jobs
        builder.AddAnalyses();       // conversations, judged by a model
        builder.AddDashboard();      // Razor Pages

        var app = builder.Build();
        app.UseTrustedProxies();
        app.UseProxy();
        app.UseDashboard();
        app.UseListenerRouting();
        app.MapProxy();
        app.MapHealth();
        app.MapMetrics();
        app.MapApi();
        app.MapConformance();
        app.MapDashboard();
        app.MapJobsConsole();
        return app;
    }
}

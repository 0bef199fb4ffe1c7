using System.CommandLine;
using System.Globalization;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Accounting;

namespace Nexus.Web.Cli;

/// <summary><c>nexus usage rebuild</c>: rollups and limit counters anew from the ledger.</summary>
internal static class UsageCommand
{
    public static Command Create()
    {
        var from = new Option<string?>("--from") { Description = "Where to begin, ISO 8601 (UTC unless it says otherwise). The oldest row of the ledger by default." };
        var until = new Option<string?>("--to") { Description = "Where to end. Now by default." };
        var rebuild = new Command("rebuild", "Makes the rollups (usage_5m, usage_15m, usage_1h, usage_1d, usage_accounts_5m) and the limit counters anew from the ledger, beside a running Nexus.") { from, until };
        rebuild.SetAction((parsed, cancellation) => CliDatabase.RunAsync(_ => { }, (services, stopping) => RebuildAsync(services, Time(parsed.GetValue(from), "--from"), Time(parsed.GetValue(until), "--to"), stopping), cancellation));
        return new Command("usage", "What was used.") { rebuild };
    }

    private static async Task<int> RebuildAsync(IServiceProvider services, DateTimeOffset? from, DateTimeOffset? until, CancellationToken cancellation)
    {
        await AuditTrail.WriteAsync(services.GetRequiredService<Database>(), Actor.CommandLine, "usage.rebuilt", "rollups", new { from, until }, cancellation);
        var day = default(DateTimeOffset);
        var rows = await UsageRebuild.RunAsync(services.GetRequiredService<Database>().JobsDataSource, from, until, services.GetRequiredService<TimeProvider>().GetUtcNow(), progress =>
        {
            if (progress.Done.UtcDateTime.Date == day.UtcDateTime.Date)
                return;
            day = progress.Done;
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{progress.Done.UtcDateTime:yyyy-MM-dd} of {progress.Until.UtcDateTime:yyyy-MM-dd}, {progress.Rows} requests"));
        }, cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Made anew from {rows} requests: usage_5m and usage_accounts_5m (the last {UsageTables.FineKept.TotalDays:0} days), usage_15m, usage_1h, usage_1d and the limit counters. usage_tools_15m is as it was: tools are not in the ledger."));
        return 0;
    }

    private static DateTimeOffset? Time(string? text, string option) => text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : throw new FormatException($"{option}: '{text}' is not an ISO 8601 time, such as 2026-11-01 or 2026-11-01T12:00:00Z.");
}

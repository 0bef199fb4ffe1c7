using System.CommandLine;
using System.Globalization;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Pricing;
using Nexus.Web.Usage.Repricing;

namespace Nexus.Web.Cli;

/// <summary><c>nexus prices list|export|import|reprice</c>: price lists and the cost of stored requests, also while Nexus runs.</summary>
internal static class PricesCommand
{
    public static Command Create() => new("prices", "What models cost, and the cost of stored requests.") { List(), Export(), Import(), Reprice() };

    private static Command List()
    {
        var command = new Command("list", "Lists the prices in force, in US dollars per million tokens, separated by tabs; the first rule that matches decides.");
        command.SetAction((_, cancellation) => RunAsync(
            async services =>
            {
                var list = await NewestAsync(services, cancellation);
                Console.WriteLine($"version {list.Version}, {list.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {list.CreatedBy}: {list.Note}");
                Console.WriteLine("model\tinput\toutput\tcache read\twrite 5m\twrite 1h");
                foreach (var rule in list.Rules)
                    Console.WriteLine(string.Join('\t', [PriceChanges.Name(rule), .. new[] { rule.Price.Input, rule.Price.Output, rule.Price.CacheRead, rule.Price.CacheWrite5m, rule.Price.CacheWrite1h }.Select(PriceChanges.Dollars)]));
                return 0;
            },
            cancellation));
        return command;
    }

    private static Command Export()
    {
        var command = new Command("export", "Prints the prices in force as JSON, as 'import' reads it.");
        command.SetAction((_, cancellation) => RunAsync(
            async services =>
            {
                Console.WriteLine(PriceFile.Write(await NewestAsync(services, cancellation)));
                return 0;
            },
            cancellation));
        return command;
    }

    private static Command Import()
    {
        var file = new Argument<string>("file") { Description = "JSON as 'export' prints it: its version says what it was made from, its rules become the next version." };
        var note = new Option<string>("--note") { Required = true, Description = "Why prices change." };
        var command = new Command("import", "Brings a price list into force on every node. Stored requests keep their cost until they are re-priced.") { file, note };
        command.SetAction((parsed, cancellation) => RunAsync(
            async services =>
            {
                var (basedOn, rules) = PriceFile.Read(await File.ReadAllTextAsync(parsed.GetValue(file)!, cancellation));
                var (version, problems) = await services.GetRequiredService<PriceLists>().SaveAsync(basedOn, rules, parsed.GetValue(note)!, Actor.CommandLine, cancellation);
                if (version is null)
                    throw new FormatException(string.Join(Environment.NewLine, problems));
                Console.WriteLine($"Version {version} is in force, with {rules.Count} rules.");
                return 0;
            },
            cancellation));
        return command;
    }

    private static Command Reprice()
    {
        var from = new Option<string>("--from") { Required = true, Description = "Requests that arrived at this time or later: ISO 8601, UTC without an offset, such as 2026-11-01." };
        var to = new Option<string>("--to") { Description = "And before this time; now without." };
        var dry = new Option<bool>("--dry-run") { Description = "Only says what would change." };
        var command = new Command("reprice", "Costs stored requests anew by the prices in force, and corrects all totals. Cut off, it goes on where it stopped when it is started again.") { from, to, dry };
        command.SetAction((parsed, cancellation) =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var (begin, end) = (IsoTime.Parse("--from", parsed.GetValue(from)!), parsed.GetValue(to) is { } text ? IsoTime.Parse("--to", text) : now);
            if (begin >= end)
                throw new FormatException("--from must be before --to.");
            return RunAsync(services => RepriceAsync(services, begin, end, parsed.GetValue(dry), cancellation), cancellation);
        });
        return command;
    }

    private static async Task<int> RepriceAsync(IServiceProvider services, DateTimeOffset from, DateTimeOffset to, bool dry, CancellationToken cancellation)
    {
        var list = await NewestAsync(services, cancellation);
        await using var connection = await services.GetRequiredService<Database>().JobsDataSource.OpenConnectionAsync(cancellation);
        if (dry)
        {
            Print((await Repricer.PreviewAsync(connection, list, from, to, long.MaxValue, TimeSpan.MaxValue, cancellation)).Differences, list.Version, "To be costed");
            return 0;
        }

        if (!await JobLock.TryTakeAsync(connection, RepriceJob.Id, cancellation))
            throw new InvalidOperationException("A re-pricing is running already; its progress is on the page Prices. Start the next when it is done.");
        var done = await Repricer.RewriteAsync(connection, list, from, to, progress => Console.Error.WriteLineAsync($"{progress.Rows:N0} requests, up to {progress.UpTo:yyyy-MM-dd HH:mm} UTC"), cancellation);
        await using var db = services.GetRequiredService<NexusDbContext>();
        db.Record(Actor.CommandLine, TimeProvider.System.GetUtcNow(), "prices.repriced", $"version {list.Version}", new { from, to, done.Rows, done.Changed, done.OldMicros, done.NewMicros, done.Models });
        await db.SaveChangesAsync(cancellation);
        Print(done, list.Version, "Costed");
        return 0;
    }

    private static void Print(Differences differences, int version, string verb)
    {
        Console.WriteLine("model\trequests\tchanged\tbefore\tafter");
        foreach (var model in differences.Models)
            Console.WriteLine(string.Join('\t', model.Model, model.Rows, model.Changed, PriceChanges.Dollars(model.OldMicros), PriceChanges.Dollars(model.NewMicros)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verb} by version {version}: {differences.Rows:N0} {(differences.Rows == 1 ? "request" : "requests")}, {PriceChanges.Dollars(differences.OldMicros)} before, {PriceChanges.Dollars(differences.NewMicros)} after."));
    }

    private static async Task<PriceList> NewestAsync(IServiceProvider services, CancellationToken cancellation) =>
        await services.GetRequiredService<PriceBook>().NewestAsync(cancellation) ?? throw new InvalidOperationException("The table price_lists holds no valid version. Import one: nexus prices import FILE --note …");

    private static Task<int> RunAsync(Func<IServiceProvider, Task<int>> command, CancellationToken cancellation) => CliDatabase.RunAsync(
        builder => builder.Services.AddSingleton<PriceBook>().AddSingleton<PriceLists>(), (services, _) => command(services), cancellation);
}

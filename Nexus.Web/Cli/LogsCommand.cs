using System.CommandLine;
using System.IO.Compression;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Operations.Logs.Exporting;

namespace Nexus.Web.Cli;

/// <summary><c>nexus logs export</c>: the log's files under DATA_DIR, whether Nexus runs or not.</summary>
internal static class LogsCommand
{
    public static Command Create() => new("logs", "The log as it is kept under DATA_DIR.") { Export(), Days() };

    private static Command Export()
    {
        var from = new Option<string>("--from") { Description = "Lines from this time on, ISO 8601, UTC without an offset." };
        var to = new Option<string>("--to") { Description = "Lines before this time." };
        var level = new Option<string>("--level") { Description = "The least level: debug, info, warn or error." };
        var service = new Option<string>("--service") { Description = "proxy, dashboard or nexus." };
        var source = new Option<string>("--source") { Description = "The category or its beginning, such as Proxy or Npgsql." };
        var domain = new Option<string>("--domain") { Description = "Lines of requests of this domain." };
        var request = new Option<string>("--request") { Description = "Lines of this request (its x-nexus-request-id)." };
        var text = new Option<string>("--text") { Description = "Lines that hold this text, in any case." };
        var output = new Option<string>("--output") { Description = "The file to write, compressed when its name ends in .gz. Without: standard output." };
        var command = new Command("export", "Writes the lines that match, oldest first, as JSON lines.") { from, to, level, service, source, domain, request, text, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            DateTimeOffset? Time(Option<string> option) => parsed.GetValue(option) is { } given ? IsoTime.Parse(option.Name, given) : null;
            var filter = new LogFilter
            {
                From = Time(from),
                To = Time(to),
                Level = LogFilter.ReadLevel(parsed.GetValue(level)),
                Service = parsed.GetValue(service),
                Source = parsed.GetValue(source),
                Domain = parsed.GetValue(domain),
                RequestId = parsed.GetValue(request),
                Text = parsed.GetValue(text),
            };
            await using var app = CliHost.Build(builder => builder.AddLogFiles());
            var lines = app.Services.GetRequiredService<LogReader>().Forward(filter);
            var count = parsed.GetValue(output) is { } path ? await ToFileAsync(lines, path, cancellation) : await ToAsync(lines, Console.OpenStandardOutput(), cancellation);
            await Console.Error.WriteLineAsync($"{count} lines.");
            return 0;
        });
        return command;
    }

    private static Command Days()
    {
        var command = new Command("days", "Exports each day that is over and has no export yet to DATA_DIR/exports, as the job log-export does; prints the files there are.");
        command.SetAction(async (_, cancellation) =>
        {
            await using var app = CliHost.Build(builder => builder.AddLogFiles());
            var exporter = app.Services.GetRequiredService<LogExporter>();
            await exporter.ExportDueAsync(cancellation);
            foreach (var (_, file) in exporter.List())
                Console.WriteLine(file.FullName);
            return 0;
        });
        return command;
    }

    private static async Task<long> ToFileAsync(IEnumerable<LogLine> lines, string path, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, PrivateFiles.Writing(FileMode.Create));
        if (!path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            return await ToAsync(lines, file, cancellation);
        await using var packed = new GZipStream(file, CompressionLevel.Optimal);
        return await ToAsync(lines, packed, cancellation);
    }

    private static async Task<long> ToAsync(IEnumerable<LogLine> lines, Stream stream, CancellationToken cancellation)
    {
        await using var writer = new StreamWriter(stream) { NewLine = "\n" };
        long count = 0;
        foreach (var line in lines)
        {
            await writer.WriteLineAsync(line.Json.AsMemory(), cancellation);
            count++;
        }

        return count;
    }
}

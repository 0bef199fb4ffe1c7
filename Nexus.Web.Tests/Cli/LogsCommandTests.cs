using System.IO.Compression;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Cli;

public sealed class LogsCommandTests : IDisposable
{
    private const string Error = """{"timestamp":"2026-11-24T10:00:00.000Z","level":"error","service":"proxy","source":"Proxy.X","message":"broken","domain":"one.example"}""";
    private const string Info = """{"timestamp":"2026-11-24T09:00:00.000Z","level":"info","service":"proxy","source":"Proxy.X","message":"fine","domain":"two.example"}""";
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-cli-logs-").FullName;

    [Fact]
    public async Task What_matches_is_exported_to_standard_output_or_a_file_and_nothing_else_stands_there()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "logs"));
        await File.WriteAllTextAsync(Path.Combine(_directory, "logs", "nexus-20261124-0001.jsonl"), Info + "\n" + Error + "\n");
        Assert.Equal((0, Info + "\n" + Error + "\n"), await RunAsync("logs", "export"));
        Assert.Equal((0, Error + "\n"), await RunAsync("logs", "export", "--level", "warn", "--domain", "one.example", "--from", "2026-11-24T09:30:00Z", "--text", "BROKEN"));
        var file = Path.Combine(_directory, "out.jsonl.gz");
        Assert.Equal((0, ""), await RunAsync("logs", "export", "--to", "2026-11-24T09:30:00Z", "--output", file));
        await using (var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
        using (var text = new StreamReader(packed))
            Assert.Equal(Info + "\n", await text.ReadToEndAsync());
        Assert.Equal(1, (await RunAsync("logs", "export", "--level", "loud")).Code);
        // A command keeps no log of its own.
        Assert.Single(Directory.GetFiles(Path.Combine(_directory, "logs")));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var (code, output, _) = await Scripts.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), .. arguments], _directory, new Dictionary<string, string?> { ["DATA_DIR"] = _directory, ["DATABASE_URL"] = "" });
        return (code, output);
    }
}

using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Logs.Exporting;
using Nexus.Web.Operations.Retention;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Logs;

public sealed class LogExportTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-export-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 0, 10, 0, TimeSpan.Zero));
    private readonly LogExportOptions _options = new() { S3Region = "eu-west-1", S3AccessKey = "AK", S3SecretKey = "secret-key" };

    [Fact]
    public async Task A_day_that_is_over_is_exported_whole_once_and_again_when_it_grew()
    {
        Part("20261124-0001", "{\"a\":1}\n");
        Part("20261124-0002", "{\"b\":2}\n{\"cut");
        Part("20261124-0003", "{\"c\":3}\n");
        Part("20261125-0001", "{\"today\":1}\n");
        using var exporter = Exporter();
        var outcome = await exporter.ExportDueAsync(CancellationToken.None);
        Assert.Equal([new DateOnly(2026, 11, 24)], outcome.Exported);
        Assert.Equal("{\"a\":1}\n{\"b\":2}\n{\"cut\n{\"c\":3}\n", Text("20261124"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Export("20261124")));
        Assert.Empty((await exporter.ExportDueAsync(CancellationToken.None)).Exported);
        Part("20261124-0004", "{\"late\":1}\n");
        File.SetLastWriteTimeUtc(Path.Combine(_directory, "logs", "nexus-20261124-0004.jsonl"), DateTime.UtcNow.AddMinutes(1));
        Assert.Single((await exporter.ExportDueAsync(CancellationToken.None)).Exported);
        Assert.EndsWith("{\"late\":1}\n", Text("20261124"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Seven_days_stay_by_default_and_a_stranger_in_the_directory_too()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "exports"));
        for (var day = 10; day <= 23; day++)
            await File.WriteAllTextAsync(Export($"202611{day}"), "");
        await File.WriteAllTextAsync(Path.Combine(_directory, "exports", "proxy-logs-mine.jsonl.gz"), "");
        Part("20261124-0001", "{}\n");
        using var exporter = Exporter();
        Assert.Equal(8, (await exporter.ExportDueAsync(CancellationToken.None)).Deleted);
        Assert.Equal([24, 23, 22, 21, 20, 19, 18], exporter.List().Select(export => export.Day.Day));
        Assert.True(File.Exists(Path.Combine(_directory, "exports", "proxy-logs-mine.jsonl.gz")));
        Assert.Null(exporter.Find("../logs/nexus-20261124-0001.jsonl"));
    }

    [Fact]
    public async Task Copies_go_to_a_directory_and_signed_to_a_bucket_and_only_what_is_missing_there()
    {
        await using var storage = await FakeAnthropic.StartAsync();
        var held = new Dictionary<string, byte[]>();
        storage.Answer = async context =>
        {
            var signature = new S3Signature("AK", "secret-key", "eu-west-1").Sign(context.Request.Method, context.Request.Host.Value!, context.Request.Path, "", context.Request.Headers["x-amz-content-sha256"]!,
                DateTimeOffset.ParseExact(context.Request.Headers["x-amz-date"]!, "yyyyMMdd'T'HHmmss'Z'", null, System.Globalization.DateTimeStyles.AssumeUniversal));
            var received = context.Features.Get<Received>()!;
            context.Response.StatusCode = 200;
            if (context.Request.Headers.Authorization != signature || context.Request.Headers["x-amz-content-sha256"] != received.BodySha256)
                context.Response.StatusCode = 403;
            else if (context.Request.Method == "PUT")
                held[context.Request.Path] = received.Body;
            else if (held.TryGetValue(context.Request.Path, out var there))
                context.Response.ContentLength = there.Length;
            else
                context.Response.StatusCode = 404;
            await Task.CompletedTask;
        };
        Part("20261124-0001", "{\"a\":1}\n");
        (_options.CopyDirectory, _options.S3Url) = (Path.Combine(_directory, "copies"), storage.Url + "/bucket/logs");
        using var exporter = Exporter();
        Assert.Equal(2, (await exporter.ExportDueAsync(CancellationToken.None)).Copies);
        var copy = Path.Combine(_directory, "copies", "proxy-logs-20261124.jsonl.gz");
        Assert.Equal(await File.ReadAllBytesAsync(Export("20261124")), await File.ReadAllBytesAsync(copy));
        Assert.Equal(await File.ReadAllBytesAsync(copy), held["/bucket/logs/proxy-logs-20261124.jsonl.gz"]);
        Assert.Equal(0, (await exporter.ExportDueAsync(CancellationToken.None)).Copies);
        File.Delete(copy);
        Assert.Equal(1, (await exporter.ExportDueAsync(CancellationToken.None)).Copies);

        held.Clear();
        _options.S3SecretKey = "another";
        using var refused = Exporter();
        var error = await Assert.ThrowsAsync<IOException>(() => refused.ExportDueAsync(CancellationToken.None));
        Assert.StartsWith("LOG_EXPORT_S3_URL: the storage answered 403", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The example of Amazon's documentation, "GET Bucket Lifecycle".</summary>
    [Fact]
    public void A_signature_is_that_of_amazons_own_example() => Assert.EndsWith(
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        new S3Signature("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
            .Sign("GET", "examplebucket.s3.amazonaws.com", "/", "lifecycle=", S3Signature.Hash([]), new(2013, 5, 24, 0, 0, 0, TimeSpan.Zero)),
        StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private LogExporter Exporter() => new(Options.Create(new DataOptions { Directory = _directory }), Options.Create(new RetentionOptions { Logs = "7d" }), new LogCopies(Options.Create(_options), _time), _time);

    private void Part(string id, string text)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "logs"));
        File.WriteAllText(Path.Combine(_directory, "logs", $"nexus-{id}.jsonl"), text);
    }

    private string Export(string day) => Path.Combine(_directory, "exports", $"proxy-logs-{day}.jsonl.gz");

    private string Text(string day)
    {
        using var packed = new GZipStream(File.OpenRead(Export(day)), CompressionMode.Decompress);
        using var reader = new StreamReader(packed, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

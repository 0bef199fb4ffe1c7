using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Retention;

namespace Nexus.Web.Operations.Logs.Exporting;

/// <param name="Exported">Days that have a file now and had none, or an older one.</param>
internal sealed record LogExportOutcome(IReadOnlyList<DateOnly> Exported, long Lines, int Copies, int Deleted);

/// <summary>
/// Each day's log (UTC) as <c>DATA_DIR/exports/proxy-logs-YYYYMMDD.jsonl.gz</c>: made when the day is over, made anew when its files
/// have grown since, deleted by RETENTION_LOGS. May be asked at any time and as often as wished.
/// </summary>
internal sealed partial class LogExporter(IOptions<DataOptions> data, IOptions<RetentionOptions> retention, LogCopies copies, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    private string Directory => data.Value.ExportsDirectory;

    /// <summary>The exports there are, newest first.</summary>
    public List<(DateOnly Day, FileInfo File)> List() => !System.IO.Directory.Exists(Directory) ? [] :
        [.. from file in new DirectoryInfo(Directory).EnumerateFiles("proxy-logs-*.jsonl.gz") let day = DayOf(file.Name) where day is not null orderby day descending select (day.Value, file)];

    /// <exception cref="IOException">A copy could not be made, after all days are exported; or DATA_DIR cannot be written.</exception>
    public async Task<LogExportOutcome> ExportDueAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
            var oldest = retention.Value.LogsAge.Bound(time.GetUtcNow()) is { } bound ? DateOnly.FromDateTime(bound.UtcDateTime) : DateOnly.MinValue;
            var exported = new List<DateOnly>();
            long lines = 0;
            PrivateFiles.MakeDirectory(Directory);
            foreach (var day in LogFile.List(data.Value.LogsDirectory).Where(file => file.Day < today && file.Day >= oldest).GroupBy(file => file.Day))
                if (new FileInfo(PathOf(day.Key)) is var there && (!there.Exists || day.Any(part => File.GetLastWriteTimeUtc(part.Path) > there.LastWriteTimeUtc)))
                {
                    lines += await ExportAsync(day, PathOf(day.Key), cancellation);
                    exported.Add(day.Key);
                }

            foreach (var left in System.IO.Directory.EnumerateFiles(Directory, "proxy-logs-*.part").Where(file => File.GetLastWriteTimeUtc(file) < time.GetUtcNow().AddDays(-1).UtcDateTime))
                File.Delete(left);
            var deleted = 0;
            foreach (var (_, file) in List().Where(export => export.Day < oldest))
            {
                file.Delete();
                deleted++;
            }

            var copied = 0;
            if (copies.Places > 0)
                foreach (var (_, file) in List())
                    copied += await copies.CopyAsync(file.FullName, cancellation);
            return new(exported, lines, copied, deleted);
        }
        finally
        {
            _one.Release();
        }
    }

    public FileInfo? Find(string name) => DayOf(name) is not null && new FileInfo(Path.Combine(Directory, name)) is { Exists: true } file ? file : null;

    public void Dispose() => _one.Dispose();

    private static async Task<long> ExportAsync(IEnumerable<LogFile> parts, string path, CancellationToken cancellation)
    {
        // The command does the same beside the app.
        var temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}.part");
        long lines = 0;
        await using (var file = new FileStream(temporary, PrivateFiles.Writing(FileMode.Create)))
        await using (var packed = new GZipStream(file, CompressionLevel.Optimal))
            foreach (var part in parts)
            {
                await using var stream = part.Open();
                if (stream is not null)
                    lines += await CopyAsync(stream, packed, cancellation);
            }

        File.Move(temporary, path, overwrite: true);
        return lines;
    }

    private static async Task<long> CopyAsync(Stream from, Stream to, CancellationToken cancellation)
    {
        var buffer = new byte[64 << 10];
        long lines = 0;
        var last = (byte)'\n';
        for (int read; (read = await from.ReadAsync(buffer, cancellation)) > 0; last = buffer[read - 1])
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        // A process that was killed may have left half a line: the next part's first one begins on its own.
        if (last != '\n')
            await to.WriteAsync("\n"u8.ToArray(), cancellation);
        return lines;
    }

    private string PathOf(DateOnly day) => Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"proxy-logs-{day:yyyyMMdd}.jsonl.gz"));

    private static DateOnly? DayOf(string name) => Pattern().Match(name) is { Success: true } match && DateOnly.TryParseExact(match.Groups[1].Value, "yyyyMMdd", out var day) ? day : null;

    [GeneratedRegex(@"^proxy-logs-(\d{8})\.jsonl\.gz$")]
    private static partial Regex Pattern();
}

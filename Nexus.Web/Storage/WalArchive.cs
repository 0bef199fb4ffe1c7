using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;

namespace Nexus.Web.Storage;

/// <summary>Where the private PostgreSQL's base backups and WAL segments are kept, and how the server puts its segments there (BACKUP_PITR).</summary>
internal sealed partial class WalArchive(IOptions<StorageOptions> options, IOptions<DataOptions> data)
{
    /// <summary>Seconds after which a segment is archived although it is not full: what a lost disk costs at most.</summary>
    private const int Timeout = 300;

    public bool IsOn => options.Value is { PointInTime: true, DatabaseUrl.Length: 0 };

    public int Days => options.Value.PointInTimeDays;

    public string Root => options.Value.PointInTimeDirectory is { Length: > 0 } given ? Path.GetFullPath(given) : Path.Combine(data.Value.PostgresDirectory, "pitr");

    /// <summary>One folder for each cluster, by its system identifier: a new one begins with the same segment names as the one before.</summary>
    /// <exception cref="InvalidOperationException">There is no cluster.</exception>
    public async Task<string> HomeAsync(CancellationToken cancellation)
    {
        var control = await PrivatePostgres.RunAsync("pg_controldata", cancellation, "-D", Path.Combine(data.Value.PostgresDirectory, "cluster"));
        return Identifier().Match(control.Output) is { Success: true } found
            ? Path.Combine(Root, found.Groups[1].Value)
            : throw new InvalidOperationException($"pg_controldata says nothing of the private PostgreSQL: {control.Output}");
    }

    /// <summary>The segments of a cluster, beside its base backups.</summary>
    public static string SegmentsIn(string home) => Path.Combine(home, "wal");

    /// <summary>For a server that is to read a cluster's archive again.</summary>
    public static string RestoreCommand(string home) => $"gunzip -c \"{SegmentsIn(home)}/%f.gz\" > \"%p\"";

    /// <summary>What pg_ctl tells the server at its start; empty when nothing is archived.</summary>
    public async Task<string> ServerOptionsAsync(CancellationToken cancellation)
    {
        if (!IsOn)
            return "";
        if ((Root + data.Value.PostgresDirectory).IndexOfAny(['"', '\'', '\\', '%', '$', '`']) >= 0)
            throw new InvalidOperationException($"BACKUP_PITR cannot be used with {Root}: its path must be without quotes, backslashes, %, $ and `.");
        var home = await HomeAsync(cancellation);
        PrivateFiles.MakeDirectory(Root);
        PrivateFiles.MakeDirectory(home);
        PrivateFiles.MakeDirectory(SegmentsIn(home));
        var script = Path.Combine(data.Value.PostgresDirectory, "archive-wal");
        await File.WriteAllTextAsync(script, Script(SegmentsIn(home)), cancellation);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await PrivatePostgres.OwnAsync([Root, home, SegmentsIn(home), script], cancellation);
        return $" -c archive_mode=on -c archive_timeout={Timeout} -c archive_command='\"{script}\" \"%p\" \"%f\"'";
    }

    /// <summary>PostgreSQL asks again after a crash, so a segment that is there already is compared; one that differs is never replaced.</summary>
    private static string Script(string segments) => $"""
        #!/bin/sh
        # Copies a finished WAL segment into the archive. Written by Nexus at each start of its PostgreSQL (BACKUP_PITR).
        set -e
        to="{segments}/$2.gz"
        if [ -e "$to" ]; then
          gunzip -c "$to" | cmp -s - "$1"
          exit
        fi
        gzip -1 -c "$1" > "$to.unfinished"
        sync "$to.unfinished"
        mv "$to.unfinished" "$to"

        """;

    [GeneratedRegex(@"system identifier:\s+(\d+)")]
    private static partial Regex Identifier();
}

using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;

namespace Nexus.Web.Storage;

/// <summary>Where the private PostgreSQL's base backups and WAL segments are kept, and how the server puts its segments there (BACKUP_PITR).</summary>
internal sealed class WalArchive(IOptions<StorageOptions> options, IOptions<DataOptions> data)
{
    /// <summary>Seconds after which a segment is archived although it is not full: what a lost disk costs at most.</summary>
    private const int Timeout = 300;

    public bool IsOn => options.Value is { PointInTime: true, DatabaseUrl.Length: 0 };

    public int Days => options.Value.PointInTimeDays;

    public string Root => options.Value.PointInTimeDirectory is { Length: > 0 } given ? Path.GetFullPath(given) : Path.Combine(data.Value.PostgresDirectory, "pitr");

    public string Segments => Path.Combine(Root, "wal");

    /// <summary>For a server that is to read the archive again.</summary>
    public string RestoreCommand => $"gunzip -c \"{Segments}/%f.gz\" > \"%p\"";

    /// <summary>What pg_ctl tells the server at its start; empty when nothing is archived.</summary>
    public async Task<string> ServerOptionsAsync(CancellationToken cancellation)
    {
        if (!IsOn)
            return "";
        if ((Root + data.Value.PostgresDirectory).IndexOfAny(['"', '\'', '\\', '%', '$', '`']) >= 0)
            throw new InvalidOperationException($"BACKUP_PITR cannot be used with {Root}: its path must be without quotes, backslashes, %, $ and `.");
        PrivateFiles.MakeDirectory(Root);
        PrivateFiles.MakeDirectory(Segments);
        var script = Path.Combine(data.Value.PostgresDirectory, "archive-wal");
        await File.WriteAllTextAsync(script, Script(), cancellation);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await PrivatePostgres.OwnAsync([Root, Segments, script], cancellation);
        return $" -c archive_mode=on -c archive_timeout={Timeout} -c archive_command='\"{script}\" \"%p\" \"%f\"'";
    }

    /// <summary>PostgreSQL asks again after a crash, so a segment that is there already is compared; one that differs is never replaced.</summary>
    private string Script() => $"""
        #!/bin/sh
        # Copies a finished WAL segment into the archive. Written by Nexus at each start of its PostgreSQL (BACKUP_PITR).
        set -e
        to="{Segments}/$2.gz"
        if [ -e "$to" ]; then
          gunzip -c "$to" | cmp -s - "$1"
          exit
        fi
        gzip -1 -c "$1" > "$to.unfinished"
        sync "$to.unfinished"
        mv "$to.unfinished" "$to"

        """;
}

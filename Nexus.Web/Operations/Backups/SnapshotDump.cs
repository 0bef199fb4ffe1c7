namespace Nexus.Web.Operations.Backups;

/// <summary>pg_dump of one snapshot; it may run several times and sees the same rows each time.</summary>
internal sealed class SnapshotDump(string program, string snapshot, IReadOnlyDictionary<string, string> environment)
{
    public async Task WriteAsync(IEnumerable<string> options, Stream target, DumpMeter meter, CancellationToken cancellation)
    {
        // No owners and grants: it is restored by whoever owns the database there.
        await using var dump = PipedProcess.Start(program, [$"--snapshot={snapshot}", "--exclude-schema=hangfire", "--extension=plpgsql", "--no-owner", "--no-privileges", "--no-password", "--lock-wait-timeout=60s", .. options], environment, input: false);
        await CopyAsync(dump.Output, target, meter, cancellation);
        await dump.EndAsync(cancellation);
    }

    public static async Task CopyAsync(Stream source, Stream target, DumpMeter meter, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 17];
        while (await source.ReadAsync(buffer, cancellation) is var read and > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
            await meter.CountAsync(read);
        }
    }
}

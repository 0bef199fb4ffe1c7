namespace Nexus.Web.Operations.Backups;

/// <param name="Share">0 to 1, estimated.</param>
internal sealed record DumpProgress(long Bytes, double Share);

/// <summary>Counts what passes and reports it, about once a second.</summary>
/// <param name="expected">Bytes in all, as estimated.</param>
internal sealed class DumpMeter(long expected, TimeProvider time, Func<DumpProgress, Task> report)
{
    private long _last = time.GetTimestamp();

    public long Bytes { get; private set; }

    public async Task CountAsync(int bytes)
    {
        Bytes += bytes;
        if (time.GetElapsedTime(_last) < TimeSpan.FromSeconds(1))
            return;
        _last = time.GetTimestamp();
        await report(new(Bytes, Math.Min(0.99, (double)Bytes / Math.Max(1, expected))));
    }
}

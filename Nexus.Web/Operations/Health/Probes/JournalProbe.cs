using Microsoft.Extensions.Options;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether the journal can be written and ingest keeps up with it.</summary>
internal sealed class JournalProbe(IServiceProvider services, IOptions<JournalOptions> options, TimeProvider time) : IProbe
{
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(2);

    public string Name => "journal";

    public string Title => "Journal";

    public Task<Finding> LookAsync(CancellationToken cancellation) =>
        Task.FromResult(services.GetService<Journal>() is { } journal ? Judge(journal.Status, options.Value.MaxBytes, time.GetUtcNow()) : Finding.Ok("Nothing is recorded (STORAGE_ENABLED=false)."));

    public static Finding Judge(JournalStatus status, long most, DateTimeOffset now)
    {
        var age = status.OldestUnacknowledged is { } oldest ? now - oldest : TimeSpan.Zero;
        var words = $"{Display.Exact(status.BacklogExchanges)} requests wait{(status.BacklogExchanges > 0 ? " for " + Display.Milliseconds(age.TotalMilliseconds) : "")}, {Display.Bytes(status.BytesOnDisk)} of {Display.Bytes(most)}";
        if (!status.Writable)
            return Finding.Failure($"The disk refuses writes; {words}. Requests are proxied, but may be missing from the ledger.", "Free space in DATA_DIR, or make it writable again. It recovers by itself then.");
        if (status.BytesOnDisk > most)
            return Finding.Failure($"It is past its limit and sheds payloads ({Display.Exact(status.PayloadsShed)} so far): {words}.", "Bring the database back so that ingest can empty it, or raise JOURNAL_MAX_BYTES.");
        if (status.BytesOnDisk > most * 0.8)
            return Finding.Warning($"It is nearly full: {words}.", "Bring the database back so that ingest can empty it, or raise JOURNAL_MAX_BYTES: past it payloads are shed.");
        return age > Late
            ? Finding.Warning($"Ingest is behind: {words}.", "Look at the check of the database, and in the log for what could not be stored.")
            : Finding.Ok($"{words}.");
    }
}

namespace Nexus.Web.Pages.Shared.Prices;

/// <summary>What the newest version would make of a period's costs.</summary>
/// <param name="Whole">Every request of the period was looked at.</param>
public sealed record RepricePreview(int Version, DateTimeOffset From, DateTimeOffset To, bool Whole, DateTimeOffset? UpTo, long Rows, long Changed, long OldMicros, long NewMicros, IReadOnlyList<RepriceModel> Models);

public sealed record RepriceModel(string Model, long Rows, long Changed, long OldMicros, long NewMicros);

/// <summary>The last run of the job.</summary>
/// <param name="Since">Told when asking for this run again.</param>
/// <param name="Outcome">As in <c>job_runs</c>, or <c>running</c> while it waits for its turn.</param>
public sealed record RepriceRun(DateTimeOffset At, DateTimeOffset Since, string Outcome, string? Summary, string? Error);

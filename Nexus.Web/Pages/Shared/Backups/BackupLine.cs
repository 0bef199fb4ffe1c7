namespace Nexus.Web.Pages.Shared.Backups;

/// <summary>A backup as the page lists it.</summary>
/// <param name="Kind"><c>database</c>, <c>recent</c>, <c>moment</c> or <c>credentials</c>.</param>
/// <param name="Count">Rows, or files of a credentials backup; null when the manifest is missing.</param>
/// <param name="Problem">Why the last drill failed.</param>
public sealed record BackupLine(string Name, string Kind, DateTimeOffset MadeAt, long Bytes, long? Count, string? Holds, DateTimeOffset? VerifiedAt, string? Problem);

/// <summary>The jobs that make and verify backups, as far as the page shows them.</summary>
public sealed record BackupJobLine(string Id, string Verb, bool Running, double? Progress, string? Summary, string? Error, DateTimeOffset? At);

/// <summary>What is to be said above everything.</summary>
/// <param name="Tone">"bad" or "warn".</param>
public sealed record BackupWarning(string Tone, string Title, string Text);

/// <summary>Which moments can be recovered.</summary>
/// <param name="Job">The job that makes the first of them.</param>
/// <param name="Since">Every one from then on; null as long as the job has not run.</param>
public sealed record RecoverableMoments(string Job, DateTimeOffset? Since);

/// <summary>How far the last restore is.</summary>
public sealed record RestoreLine(string File, string Step, double Share, string? Message, DateTimeOffset At);

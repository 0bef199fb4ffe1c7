using Nexus.Web.Pages.Shared.Alerts;

namespace Nexus.Web.Pages.Shared.Morning;

/// <summary>One line that answers whether somebody has to do something.</summary>
/// <param name="Tone">"good", "warn" or "bad".</param>
public sealed record Verdict(string Tone, string Title, IReadOnlyList<VerdictPart> Parts);

/// <summary>What the verdict rests on, and where it is looked into.</summary>
public sealed record VerdictPart(string Text, string Href, string Tone = "");

/// <summary>Failed requests of one kind in the last 24 hours and in the 24 before.</summary>
/// <param name="Kind">The upstream's or Nexus's error, else the outcome; with the status.</param>
public sealed record ErrorKind(string Kind, long Now, long Before);

/// <summary>A job that failed in the last 24 hours.</summary>
/// <param name="At">When it last failed.</param>
/// <param name="Recovered">It has succeeded since.</param>
public sealed record FailedJob(string Job, int Times, DateTimeOffset At, string? Error, bool Recovered);

/// <summary>Something with an end, and how near to it somebody is.</summary>
/// <param name="Kind">What it is: "5 h window", "7 d window", "budget".</param>
/// <param name="Share">1 is the end; more is past it.</param>
/// <param name="Pace">Share of its time that has passed; null where that is not known.</param>
/// <param name="FullAt">When it is used up at this pace; null when not before its reset.</param>
public sealed record NearLimit(string Name, string Kind, double Share, string Href, double Warn, double Bad, string? Said, DateTimeOffset? ResetsAt, double? Pace, DateTimeOffset? FullAt);

/// <summary>How the backups of the database stand.</summary>
/// <param name="LastAt">When the newest was made; null: there is none.</param>
/// <param name="Bytes">Null: it is another node's.</param>
/// <param name="DrillAt">When one was last restored as a test; <paramref name="DrillProblem"/> says why it failed.</param>
/// <param name="Tone">"good", "warn" or "bad".</param>
/// <param name="Words">How they stand, and what to do.</param>
public sealed record BackupGlance(DateTimeOffset? LastAt, long? Bytes, DateTimeOffset? DrillAt, string? DrillProblem, DateTimeOffset? NextBackup, DateTimeOffset? NextDrill, string Tone, string Words, string? Fix);

/// <summary>What the overview says beside its figures.</summary>
/// <param name="AsOf">Errors, jobs, windows and backups are read at most every half minute.</param>
public sealed record MorningPart(Verdict Verdict, IReadOnlyList<NearLimit> Limits, IReadOnlyList<ErrorKind> Errors, IReadOnlyList<FailedJob> Jobs, BackupGlance Backups, DateTimeOffset AsOf);

/// <summary>The overview without what flows by.</summary>
/// <param name="Before">The same length of time as <paramref name="Day"/>, a day earlier.</param>
/// <param name="Alerts">Those that fire and that nobody has acknowledged.</param>
/// <param name="Budgets">Those that somebody should know of.</param>
/// <param name="Zone">The zone whose midnight today began at.</param>
/// <param name="Backlog">Exchanges that the database has not taken yet.</param>
/// <param name="AnyStored">Whether a request was ever recorded; until then the page says how to send one.</param>
public sealed record OverviewPart(
    MorningPart Morning, Figures Today, Figures Day, Figures Before, IReadOnlyList<HourFigures> Hours, IReadOnlyList<ModelFigures> Models, IReadOnlyList<AlertLine> Alerts, IReadOnlyList<BudgetPart> Budgets, string? Drift,
    string Zone, long Backlog, bool AnyStored, string ProxyAddress);

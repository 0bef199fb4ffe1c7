using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>A limit as an operator writes it down; the body of <c>POST</c> and <c>PUT /api/limits</c>. What is left out has the default of <see cref="LimitRow"/>.</summary>
/// <param name="Amount">Millionths of a US dollar, or tokens.</param>
/// <param name="WeekStart">A day of the week, in English.</param>
internal sealed record LimitDraft(
    string? Name = null, string? Scope = null, string? Subject = null, string? Unit = null, long? Amount = null, string? Period = null, string? WeekStart = null,
    string? TimeZone = null, bool? Hard = null, int[]? Thresholds = null, int? RequestsPerMinute = null, long? TokensPerMinute = null, int? ConcurrentStreams = null, bool? Enabled = null)
{
    private const int LongestText = 200;

    /// <summary>$1,000,000,000 in millionths, or as many tokens: sums stay far below 64 bits.</summary>
    public const long Most = 1_000_000_000_000_000;

    /// <summary>One sentence per fault; empty when it can be saved.</summary>
    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.Length > LongestText)
            yield return $"name: say in 1 to {LongestText} characters what the limit is for.";
        if (Scope is not ("key" or "owner" or "domain" or "all"))
            yield return "scope: one of key, owner, domain, all.";
        else if (Scope == "all" ? !string.IsNullOrEmpty(Subject) : string.IsNullOrWhiteSpace(Subject) || Subject.Length > LongestText)
            yield return Scope == "all" ? "subject: a limit for all has none." : $"subject: name the {Scope} that is limited, or * for each one by itself.";
        if (Unit is not (null or "usd" or "tokens"))
            yield return "unit: usd or tokens.";
        if (Amount is <= 0 or > Most)
            yield return $"amount: more than 0 and at most {Most}, in millionths of a dollar or in tokens.";
        if (Period is not (null or "5h" or "day" or "week" or "month" or "total"))
            yield return "period: one of 5h, day, week, month, total.";
        if (WeekStart is not null && !Enum.TryParse<DayOfWeek>(WeekStart, ignoreCase: true, out _))
            yield return "weekStart: a day of the week, such as monday.";
        if (TimeZone is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
            yield return $"timeZone: '{TimeZone}' is not known here; give an IANA name such as Europe/Berlin.";
        if (Thresholds is not null && (Thresholds.Length > 10 || Thresholds.Any(threshold => threshold is < 1 or > 1000)))
            yield return "thresholds: at most 10 numbers from 1 to 1000, in per cent.";
        if (RequestsPerMinute is <= 0)
            yield return "requestsPerMinute: more than 0.";
        if (TokensPerMinute is <= 0 or > Most)
            yield return "tokensPerMinute: more than 0.";
        if (ConcurrentStreams is <= 0)
            yield return "concurrentStreams: more than 0. To stop somebody, revoke the key.";
        if (Amount is null && RequestsPerMinute is null && TokensPerMinute is null && ConcurrentStreams is null)
            yield return "Nothing is limited: give an amount, requestsPerMinute, tokensPerMinute or concurrentStreams.";
    }

    /// <summary>Puts the draft on a row; a raise stays.</summary>
    public void Write(LimitRow row, DateTimeOffset now)
    {
        row.Name = Name!.Trim();
        row.Scope = Scope!;
        row.Subject = Scope == "all" ? "" : Subject!.Trim();
        row.Unit = Unit ?? "usd";
        row.Amount = Amount;
        row.Period = Period ?? "month";
        row.WeekStart = (short)(WeekStart is null ? DayOfWeek.Monday : Enum.Parse<DayOfWeek>(WeekStart, ignoreCase: true));
        row.TimeZone = TimeZone ?? "UTC";
        row.Hard = Hard ?? false;
        row.Thresholds = Thresholds is null ? [80, 95] : [.. Thresholds.Distinct().Order()];
        row.RequestsPerMinute = RequestsPerMinute;
        row.TokensPerMinute = TokensPerMinute;
        row.ConcurrentStreams = ConcurrentStreams;
        row.Enabled = Enabled ?? true;
        row.UpdatedAt = now;
    }

    public LimitRow NewRow(string id, string by, DateTimeOffset now)
    {
        var row = new LimitRow { Id = id, Name = "", Scope = "", Subject = "", StartsAt = Usage.TimeBuckets.StartOf(now, TimeSpan.FromMinutes(15)), CreatedAt = now, CreatedBy = by, UpdatedAt = now };
        Write(row, now);
        return row;
    }
}

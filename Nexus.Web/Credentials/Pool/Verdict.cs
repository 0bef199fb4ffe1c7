using System.Globalization;
using Nexus.Web.Usage;

namespace Nexus.Web.Credentials.Pool;

/// <summary>Whose fault a failure is, and so what it must not touch.</summary>
internal enum FailureScope
{
    None,

    /// <summary>The request's own: no account would take it.</summary>
    Request,

    /// <summary>The model's: it is retired, or nobody's.</summary>
    Model,

    /// <summary>The account's: another one may serve.</summary>
    Account,

    /// <summary>The upstream's.</summary>
    Upstream,
}

/// <summary>What an upstream's answer means for the account that it came from.</summary>
/// <param name="MayMove">Another account may answer better.</param>
/// <param name="CoolUntil">The account is not asked for this model before; null when it may be.</param>
/// <param name="IsTold">The upstream named that time.</param>
/// <param name="Refused">The account's credential is refused.</param>
internal readonly record struct Verdict(FailureScope Scope, bool MayMove = false, DateTimeOffset? CoolUntil = null, bool IsTold = false, bool Refused = false)
{
    /// <summary>A 429 that says nothing of its end (the older system's figure).</summary>
    public static readonly TimeSpan Guess = TimeSpan.FromSeconds(60);

    /// <summary>How long a refused credential is left alone; a changed file ends it at once.</summary>
    public static readonly TimeSpan Isolation = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Longest = TimeSpan.FromDays(8);
    private const string Limits = "anthropic-ratelimit-";

    /// <param name="headers">The upstream's.</param>
    public static Verdict Of(int status, IEnumerable<KeyValuePair<string, string>> headers, DateTimeOffset now) => status switch
    {
        < 400 => default,
        401 or 402 or 403 => new(FailureScope.Account, MayMove: true, Refused: true),
        404 => new(FailureScope.Model),
        429 => Limited(headers, now),
        < 500 => new(FailureScope.Request),
        _ => Overloaded(headers, now),
    };

    /// <summary>Of an <c>error</c> event inside an answer 200: the status that the same error has otherwise.</summary>
    public static int StatusOf(string? errorType) => errorType switch
    {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    };

    private static Verdict Overloaded(IEnumerable<KeyValuePair<string, string>> headers, DateTimeOffset now) =>
        new(FailureScope.Upstream, MayMove: true, RetryAfter(headers, now), IsTold: true);

    private static Verdict Limited(IEnumerable<KeyValuePair<string, string>> headers, DateTimeOffset now)
    {
        if (RetryAfter(headers, now) is { } told)
            return new(FailureScope.Account, MayMove: true, told, IsTold: true);
        DateTimeOffset? all = null, latest = null;
        string? status = null;
        foreach (var (name, value) in headers)
        {
            if (!name.StartsWith(Limits, StringComparison.OrdinalIgnoreCase))
                continue;
            var field = name.AsSpan(Limits.Length);
            if (field.Equals("unified-status", StringComparison.OrdinalIgnoreCase))
                status = value;
            else if (field.EndsWith("-reset", StringComparison.OrdinalIgnoreCase) && AccountWindows.Reset(value) is { } reset && reset > now && reset < now + Longest)
            {
                if (field.Equals("unified-reset", StringComparison.OrdinalIgnoreCase))
                    all = reset;
                if (latest is null || reset > latest)
                    latest = reset;
            }
        }

        // The account has room, so it is this request that is too much: a prompt over a size that is not included, for one.
        if (status is not null and not "rejected")
            return new(FailureScope.Request, MayMove: true);
        var until = all ?? latest;
        return new(FailureScope.Account, MayMove: true, until ?? now + Guess, IsTold: until is not null);
    }

    /// <summary>Seconds, fractions too, or an HTTP date.</summary>
    private static DateTimeOffset? RetryAfter(IEnumerable<KeyValuePair<string, string>> headers, DateTimeOffset now)
    {
        foreach (var (name, value) in headers)
        {
            if (!name.Equals("retry-after", StringComparison.OrdinalIgnoreCase))
                continue;
            if (double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
                return seconds <= Longest.TotalSeconds ? now.AddSeconds(seconds) : now + Longest;
            if (DateTimeOffset.TryParseExact(value, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
                return date > now + Longest ? now + Longest : date > now ? date : now;
        }

        return null;
    }
}

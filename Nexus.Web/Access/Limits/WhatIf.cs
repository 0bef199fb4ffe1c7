using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Npgsql;

namespace Nexus.Web.Access.Limits;

/// <param name="Day">In the limit's zone.</param>
/// <param name="Stopped">What those requests used, in the limit's unit.</param>
internal sealed record StoppedDay(DateOnly Day, string Subject, long Requests, long Stopped);

/// <param name="Requests">All requests of the limit's subjects in those days.</param>
/// <param name="Used">What they used, in its unit.</param>
internal sealed record WhatIfResult(IReadOnlyList<StoppedDay> Days, long Requests, long Used);

/// <summary>What a budget would have stopped in the last thirty days, from the rollups by the hour (a quarter of it where the limit's days begin at one): what is beyond the budget in a period is refused.</summary>
internal static class WhatIf
{
    public static readonly TimeSpan Back = TimeSpan.FromDays(30);

    public static async Task<WhatIfResult> OfAsync(NpgsqlDataSource source, LimitRow limit, DateTimeOffset now, CancellationToken cancellation)
    {
        var zone = Period.Zone(limit.TimeZone);
        var days = new SortedDictionary<(DateOnly, string), (long Requests, long Stopped)>();
        var sums = new Dictionary<string, (Period Period, long Used)>();
        long requests = 0, all = 0;
        // Counted from the beginning of the period that the first day lies in, so that its sum is right.
        var from = now - Back;
        var start = limit.Period == "total" ? from : Period.Of(limit, from).Start;
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var command = LimitUsage.Command(limit, start, Period.Never, RollupTier.OfDays(zone, start, now));
        command.Connection = connection;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var (bucket, subject) = (reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1));
            var (amount, count) = (reader.GetInt64(limit.Unit == "tokens" ? 3 : 2), reader.GetInt64(4));
            var (period, used) = sums.GetValueOrDefault(subject);
            if (!period.Contains(bucket))
                (period, used) = (limit.Period == "total" ? new(start, Period.Never) : Period.Of(limit, bucket), 0);
            // Of the bucket in which the budget is passed, the part beyond it.
            var beyond = Math.Clamp(used + amount - limit.Amount!.Value, 0, amount);
            var refused = used >= limit.Amount ? count : amount == 0 ? 0 : (long)Math.Ceiling((double)count * beyond / amount);
            sums[subject] = (period, used + amount - beyond);
            if (bucket < from)
                continue;
            (requests, all) = (requests + count, all + amount);
            if (refused == 0)
                continue;
            var day = (DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(bucket, zone).Date), subject);
            var sum = days.GetValueOrDefault(day);
            days[day] = (sum.Requests + refused, sum.Stopped + beyond);
        }

        return new([.. days.Select(day => new StoppedDay(day.Key.Item1, day.Key.Item2, day.Value.Requests, day.Value.Stopped))], requests, all);
    }
}

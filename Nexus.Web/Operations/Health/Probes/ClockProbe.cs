using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether this machine's clock is right, by the database's and the upstream's: budgets, windows, tokens and certificates go by it.</summary>
internal sealed class ClockProbe(DatabaseProbe database, UpstreamProbe upstream) : IProbe
{
    private static readonly TimeSpan Much = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TooMuch = TimeSpan.FromMinutes(1);

    public string Name => "clock";

    public string Title => "Clock";

    public Task<Finding> LookAsync(CancellationToken cancellation) => Task.FromResult(Judge(database.ClockOffset, upstream.ClockOffset));

    /// <param name="database">How far its clock is ahead of this machine's; null when it has not said.</param>
    public static Finding Judge(TimeSpan? database, TimeSpan? upstream)
    {
        (string Whose, TimeSpan Offset)[] known = [.. new[] { ("the database's", database), ("the upstream's", upstream) }.Where(clock => clock.Item2 is not null).Select(clock => (clock.Item1, clock.Item2!.Value))];
        if (known.Length == 0)
            return Finding.Ok("Neither database nor upstream has said what time it is.");
        var (whose, offset) = known.MaxBy(clock => clock.Offset.Duration());
        var words = $"It is {Display.Milliseconds(offset.Duration().TotalMilliseconds)} {(offset > TimeSpan.Zero ? "behind" : "ahead of")} {whose}";
        const string Fix = "Have the machine's clock kept by NTP (timedatectl set-ntp true).";
        // A Date header has whole seconds.
        return offset.Duration() switch
        {
            var far when far > TooMuch => Finding.Failure($"{words}.", Fix),
            var far when far > Much => Finding.Warning($"{words}.", Fix),
            _ => Finding.Ok($"It agrees with {string.Join(" and ", known.Select(clock => clock.Whose))}."),
        };
    }
}

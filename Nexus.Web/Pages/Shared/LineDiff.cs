namespace Nexus.Web.Pages.Shared;

/// <summary>Two texts line by line: what both begin and end with once, and between it what went and what came.</summary>
internal static class LineDiff
{
    /// <returns>Lines that begin with a space, <c>-</c> or <c>+</c>.</returns>
    public static string Of(string before, string after)
    {
        var (old, now) = (before.Split('\n'), after.Split('\n'));
        var head = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        var tail = Math.Min(old.Reverse().Zip(now.Reverse()).TakeWhile(pair => pair.First == pair.Second).Count(), Math.Min(old.Length, now.Length) - head);
        return string.Join('\n', [.. old[..head].Select(line => " " + line), .. old[head..^tail].Select(line => "-" + line), .. now[head..^tail].Select(line => "+" + line), .. old[^tail..].Select(line => " " + line)]);
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Nexus.Web.Operations.Logs;

/// <summary>One part of a day's log on disk.</summary>
internal sealed partial record LogFile(string Path, DateOnly Day, int Part, long Bytes)
{
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>As positions name it: <c>YYYYMMDD-NNNN</c>.</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyyMMdd}-{Part:0000}");

    /// <summary>Oldest first; none where there is no directory.</summary>
    public static List<LogFile> List(string directory)
    {
        if (!Directory.Exists(directory))
            return [];
        var files = new List<LogFile>();
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles("nexus-*.jsonl"))
            if (Pattern().Match(file.Name) is { Success: true } match && DateOnly.TryParseExact(match.Groups[1].Value, "yyyyMMdd", out var day))
                files.Add(new(file.FullName, day, int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture), file.Exists ? file.Length : 0));
        return [.. files.OrderBy(file => file.Day).ThenBy(file => file.Part)];
    }

    /// <summary>To read it while it grows; null when it was deleted meanwhile.</summary>
    public FileStream? Open()
    {
        try
        {
            return new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 << 10);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^nexus-(\d{8})-(\d{4,6})\.jsonl$")]
    private static partial Regex Pattern();
}

/// <summary>Where a line begins: the key by which pages of the log follow each other. As text <c>YYYYMMDD-NNNN-offset</c>.</summary>
internal readonly partial record struct LogPosition(string File, long Offset) : IComparable<LogPosition>
{
    public string FileName => $"nexus-{File}.jsonl";

    public bool IsOf(DateOnly day) => File.AsSpan(0, 8).SequenceEqual(day.ToString("yyyyMMdd", CultureInfo.InvariantCulture));

    public static LogPosition? Parse(string? text) => text is not null && Pattern().Match(text) is { Success: true } match && long.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
        ? new(match.Groups[1].Value, offset) : null;

    public int CompareTo(LogPosition other) => Compare(File, other.File) is var file and not 0 ? file : Offset.CompareTo(other.Offset);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}-{Offset}");

    /// <summary>In the order of <see cref="LogFile.List"/>: a part beyond 9999 has more digits.</summary>
    public static int Compare(string file, string other) => string.CompareOrdinal(file, 0, other, 0, 8) is var day and not 0 ? day
        : file.Length != other.Length ? file.Length.CompareTo(other.Length) : string.CompareOrdinal(file, other);

    [GeneratedRegex(@"^(\d{8}-\d{4,6})-(\d{1,12})$")]
    private static partial Regex Pattern();
}

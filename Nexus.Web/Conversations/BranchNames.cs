using System.Globalization;

namespace Nexus.Web.Conversations;

/// <summary>What a branch is called, and what its name says of it.</summary>
internal static class BranchNames
{
    public const string Main = "main";

    /// <summary>Not a branch: what is kept beside the line of a session.</summary>
    public const string Side = "side";

    public static bool IsSubagent(string? name) => name?.StartsWith("subtask_", StringComparison.Ordinal) == true;

    public static bool IsCompaction(string? name) => name?.StartsWith("compact_", StringComparison.Ordinal) == true;

    public static bool IsFork(string? name) => name?.StartsWith("fork_", StringComparison.Ordinal) == true;

    public static string Kind(string? name) =>
        IsSubagent(name) ? "subagent" : IsCompaction(name) ? "compaction" : IsFork(name) ? "fork" : name is Side ? "side" : name is null or Main ? "main" : "branch";

    public static string Subagent(int number) => string.Create(CultureInfo.InvariantCulture, $"subtask_{number}");

    public static string Compaction(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"compact_{at.UtcDateTime:HHmmss}");

    public static string Fork(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"fork_{at.UtcDateTime:yyyyMMddHHmmss}");

    public static string Branch(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"branch_{at.UtcDateTime:yyyyMMddHHmmss}");
}

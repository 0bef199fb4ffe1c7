namespace Nexus.Bench.Routes;

internal static class NexusBinary
{
    /// <summary>The build of Nexus.Web beside this one (artifacts/bin), or what NEXUS_BINARY names.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("NEXUS_BINARY") is { Length: > 0 } given)
            return given;
        var beside = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "..", "..", "Nexus.Web", new DirectoryInfo(AppContext.BaseDirectory).Name, "Nexus.Web"));
        return File.Exists(beside) ? beside : throw new InvalidOperationException($"There is no {beside}. Build Nexus.Web in the same configuration, or name it in NEXUS_BINARY.");
    }
}

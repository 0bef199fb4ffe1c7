using Nexus.Bench.Load;

namespace Nexus.Bench.Scenarios;

/// <summary>A kind of load: its callers and how many.</summary>
internal sealed record Kind(string Name, int Connections, Func<string, string, int, Caller> Caller)
{
    /// <summary>Small JSON requests at 64 connections.</summary>
    public static Kind Small { get; } = new("small", 64, (host, key, _) => new SmallCaller(host, key));

    /// <summary>Claude Code's sessions at 32 connections, from 55 to 185 KB, so 120 KB on average.</summary>
    public static Kind Large { get; } = new("120 KB", 32, (host, key, i) => new ClaudeCodeCaller(host, 185_000, 55_000 + (i * 130_000 / 32), key));

    /// <summary>Callers of one route; they keep their sessions from round to round.</summary>
    /// <param name="key">A managed key; without one, callers bring their own Claude credential.</param>
    public IReadOnlyList<Caller> Callers(string host, string key = Bench.Load.Caller.OwnKey) => [.. Enumerable.Range(0, Connections).Select(i => Caller(host, key, i))];
}

using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether memory is left, of the cgroup's limit where there is one.</summary>
internal sealed class MemoryProbe : IProbe
{
    public string Name => "memory";

    public string Title => "Memory";

    public MemoryUse? Last { get; private set; }

    public Task<Finding> LookAsync(CancellationToken cancellation)
    {
        var use = MemoryUse.Read("/");
        Last = use;
        return Task.FromResult(Judge(use, Environment.WorkingSet));
    }

    public static Finding Judge(MemoryUse use, long own)
    {
        var words = $"{Display.Bytes(use.Used)} of {Display.Bytes(use.Limit)} used in this {(use.IsLimited ? "container" : "machine")}, {Display.Bytes(own)} by this process";
        const string Fix = "Give it more (docker update --memory=\"2g\" claude-proxy), or see on the page Resources what takes it.";
        return (use.Used / (double)use.Limit) switch
        {
            > 0.95 => Finding.Failure($"{words}: nearly all.", Fix),
            > 0.85 => Finding.Warning($"{words}.", Fix),
            _ => Finding.Ok($"{words}."),
        };
    }
}

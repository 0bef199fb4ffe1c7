using System.Diagnostics.Metrics;

namespace Nexus.Web.Operations.Metrics;

/// <summary>The meter that all of Nexus's own instruments belong to.</summary>
internal sealed class NexusMeter(IMeterFactory meters)
{
    public const string Name = "Nexus";

    public Meter Meter { get; } = meters.Create(Name);
}

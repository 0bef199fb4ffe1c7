using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nexus.Web.Operations.Health;

/// <summary>A probe as ASP.NET Core's health checks run it.</summary>
internal sealed class ProbeCheck(IProbe probe) : IHealthCheck
{
    public const string Fix = "fix";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var finding = await LookAsync(probe.Title, probe.LookAsync, cancellationToken);
        return new(finding.Status, finding.Text, data: finding.Fix is { } fix ? new Dictionary<string, object> { [Fix] = fix } : null);
    }

    /// <summary>On a thread of its own, and left behind when its time is up: a disk that does not answer takes no cancellation.</summary>
    public static async Task<Finding> LookAsync(string title, Func<CancellationToken, Task<Finding>> look, CancellationToken cancellation)
    {
        try
        {
            return await Task.Run(() => look(cancellation), cancellation).WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            return Finding.Failure($"{title} did not answer in time.", "Look at the load of this machine, and at the disk or server that it waits for.");
        }
        catch (Exception error)
        {
            return Finding.Failure($"It could not be looked at: {error.GetBaseException().Message}", "The message says what is in the way.");
        }
    }
}

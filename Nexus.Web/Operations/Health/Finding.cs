using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nexus.Web.Operations.Health;

/// <summary>What a look at one thing found.</summary>
/// <param name="Status">Healthy: fine. Degraded: works, but will not for long, or not as it should. Unhealthy: does not work.</param>
/// <param name="Text">One sentence with the figures, without secrets.</param>
/// <param name="Fix">What to do; null where there is nothing to do.</param>
internal sealed record Finding(HealthStatus Status, string Text, string? Fix = null)
{
    /// <summary>As JSON and the command line have it.</summary>
    public string State => Word(Status);

    public static Finding Ok(string text) => new(HealthStatus.Healthy, text);

    public static Finding Warning(string text, string fix) => new(HealthStatus.Degraded, text, fix);

    public static Finding Failure(string text, string fix) => new(HealthStatus.Unhealthy, text, fix);

    public static string Word(HealthStatus status) => status switch { HealthStatus.Healthy => "ok", HealthStatus.Degraded => "warning", _ => "failure" };
}

/// <summary>Looks at one thing: in the background for the page Health, once for <c>nexus doctor</c>.</summary>
internal interface IProbe
{
    /// <summary>A word for scripts and metrics.</summary>
    string Name { get; }

    /// <summary>How people call what it looks at.</summary>
    string Title { get; }

    /// <exception cref="Exception">Counts as a failure with its message.</exception>
    Task<Finding> LookAsync(CancellationToken cancellation);
}

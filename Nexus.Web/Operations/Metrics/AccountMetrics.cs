using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Nexus.Web.Capture;

namespace Nexus.Web.Operations.Metrics;

/// <summary>How full the rate-limit windows of accounts are, as the headers of the requests that this node stored have told.</summary>
internal sealed class AccountMetrics
{
    private const int MostWindows = 500;
    private readonly ConcurrentDictionary<(string Account, string Window), (double Utilization, DateTimeOffset? ResetsAt)> _windows = new();

    public AccountMetrics(NexusMeter meter, TimeProvider time) =>
        meter.Meter.CreateObservableGauge("nexus.account.utilization", () => Read(time.GetUtcNow()), "1", "How much of a rate-limit window an account has used, as the upstream last told.");

    public void Stored(IReadOnlyList<AnalysedExchange> exchanges)
    {
        foreach (var exchange in exchanges)
            foreach (var row in exchange.Windows)
                if (row.Utilization is { } utilization && (_windows.Count < MostWindows || _windows.ContainsKey((row.AccountId, row.WindowName))))
                    _windows[(row.AccountId, row.WindowName)] = (utilization, row.ResetsAt);
    }

    /// <summary>A window that has begun anew is empty until the upstream says otherwise.</summary>
    private IEnumerable<Measurement<double>> Read(DateTimeOffset now) => _windows.Select(window =>
        new Measurement<double>(window.Value.ResetsAt < now ? 0 : window.Value.Utilization, new("account", window.Key.Account), new("window", window.Key.Window)));
}

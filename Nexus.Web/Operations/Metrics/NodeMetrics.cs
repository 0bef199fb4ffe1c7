using System.Diagnostics.Metrics;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Metrics;

/// <summary>What this node stands at when it is asked: requests in flight, the journal, whether the database is there.</summary>
internal sealed class NodeMetrics
{
    private const int MostAccounts = 200;

    public NodeMetrics(NexusMeter meter, InFlightRequests inFlight, UnknownCallers unknown, Database database, AccountStates accounts, IServiceProvider services, TimeProvider time)
    {
        var own = meter.Meter;
        own.CreateObservableUpDownCounter("nexus.requests.in_flight", () => inFlight.Count, "{request}", "Requests on their way.");
        own.CreateObservableCounter("nexus.callers.unknown", () => unknown.Refused, "{request}", "Requests refused because Nexus does not know who calls.");
        own.CreateObservableGauge("nexus.database.up", () => database.State.Condition == DatabaseCondition.Ready ? 1 : 0, description: "1 while the database can be used.");
        own.CreateObservableGauge("nexus.account.resting", () => accounts.All.Take(MostAccounts).Select(account => new Measurement<int>(account.Status.Cooldowns.Any(cooldown => cooldown.Until > time.GetUtcNow()) ? 1 : 0, new KeyValuePair<string, object?>("account", account.Id))), description: "1 while an account is not asked, for some model or for all.");
        if (services.GetService<Journal>() is { } journal)
            Add(own, journal, time);
    }

    private static void Add(Meter own, Journal journal, TimeProvider time)
    {
        own.CreateObservableUpDownCounter("nexus.journal.backlog", () => journal.Status.BacklogExchanges, "{request}", "Ended requests that the database does not hold yet.");
        own.CreateObservableUpDownCounter("nexus.journal.size", () => journal.Status.BytesOnDisk, "By", "Bytes of the journal on disk.");
        own.CreateObservableGauge("nexus.journal.age", () => journal.Status.OldestUnacknowledged is { } oldest ? Math.Max(0, (time.GetUtcNow() - oldest).TotalSeconds) : 0, "s", "How long the backlog has not become shorter; 0 without one.");
        own.CreateObservableGauge("nexus.journal.writable", () => journal.Status.Writable ? 1 : 0, description: "0 from a write that the disk refused until the next good one.");
        own.CreateObservableCounter("nexus.journal.append.failures", () => journal.Status.WriteFailures, "{record}", "Records that could not be written.");
        own.CreateObservableCounter("nexus.journal.payloads.shed", () => journal.Status.PayloadsShed, "{request}", "Requests whose payload was dropped because the journal was past JOURNAL_MAX_BYTES.");
        own.CreateObservableCounter("nexus.journal.corrupt", () => journal.Status.CorruptBytes, "By", "Bytes that could not be read back.");
    }
}

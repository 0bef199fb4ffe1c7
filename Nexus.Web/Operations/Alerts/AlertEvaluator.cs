using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>
/// Looks at everything once: reads the sources, decides, stores what changed and queues the messages in one transaction. While the
/// database is away it does the same in memory with what this node sees of itself, and catches up when the database is back.
/// </summary>
internal sealed partial class AlertEvaluator(Database database, IReadOnlyList<AlertSource> sources, Deliveries deliveries, IOptions<ChannelOptions> options, SecretMask mask, TimeProvider time, ILogger<AlertEvaluator> logger)
{
    private const int Lock = 0x6e61_6c74;

    /// <summary>After this long without a sign of it another node takes over.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private static readonly string Node = Environment.MachineName;
    private readonly string _me = $"{Node}/{Guid.NewGuid():N}";

    /// <summary>The open alerts as they were last seen.</summary>
    private List<AlertRow> _open = [];

    /// <summary>What changed in memory alone; null: it was dropped.</summary>
    private readonly Dictionary<Guid, AlertRow?> _unsaved = [];

    private Dictionary<string, AlertRule> _rules = AlertRules.Defaults.ToDictionary(rule => rule.Id);
    private List<AlertSilenceRow> _silences = [];

    public async Task LookAsync(CancellationToken cancellation)
    {
        string? trouble = null;
        // Twice: the first connection may be one that broke unnoticed, which says nothing about the server.
        for (var attempt = 0; attempt < 2 && database.State.Condition == DatabaseCondition.Ready; attempt++)
        {
            try
            {
                await LookAndStoreAsync(cancellation);
                return;
            }
            catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is DbUpdateException)
            {
                Log.NotStored(logger, error.Message);
                trouble = error.Message;
            }
        }

        var readings = await ReadAsync(shared: false, cancellation);
        if (trouble is not null && readings.All.All(reading => reading.Rule != AlertRule.Database))
            readings = readings with { All = [.. readings.All, new(AlertRule.Database, Node, 1, $"{Node} cannot use PostgreSQL: {mask.Apply(trouble).TrimEnd('.')}.")] };
        LookInMemory(readings);
    }

    private async Task LookAndStoreAsync(CancellationToken cancellation)
    {
        var at = time.GetUtcNow();
        await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
        var leads = await db.Database.ExecuteSqlAsync($"UPDATE alert_beat SET at = {at}, node = {_me} WHERE node = {_me} OR at < {at - Lease} OR at > {at + Lease}", cancellation) == 1;
        var readings = await ReadAsync(leads, cancellation);
        var nodes = await db.LimitNodes.AsNoTracking().Where(node => node.SeenAt > at - (2 * Lease)).Select(node => node.Name).ToListAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({Lock})", cancellation);
        await CatchUpAsync(db, cancellation);
        var rules = await db.AlertRules.AsNoTracking().ToDictionaryAsync(row => row.Rule, cancellation);
        _rules = AlertRules.Defaults.ToDictionary(rule => rule.Id, rule => rule.With(rules.GetValueOrDefault(rule.Id)));
        _silences = await db.AlertSilences.AsNoTracking().Where(silence => silence.EndsAt > at).ToListAsync(cancellation);
        var open = await db.Alerts.Where(alert => alert.State != "resolved").ToListAsync(cancellation);

        var round = new AlertRound(_rules, _silences, at);
        round.Run(open, readings, Node, node => leads && !nodes.Contains(node));
        db.RemoveRange(round.Dropped);
        db.AddRange(round.Begun);
        db.AddRange(Messages(round, at));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        _unsaved.Clear();
        _open = [.. open.Except(round.Dropped).Concat(round.Begun).Where(alert => alert.State != "resolved").Select(alert => (AlertRow)db.Entry(alert).CurrentValues.ToObject())];
        Tell(round);
    }

    private void LookInMemory(Readings readings)
    {
        var at = time.GetUtcNow();
        var round = new AlertRound(_rules, _silences, at);
        round.Run(_open, readings, Node, _ => false);
        foreach (var alert in _open.Concat(round.Begun).Where(alert => readings.Here.Contains(alert.Rule) && Reading.NodeOf(alert.Subject) == Node))
            _unsaved[alert.Id] = alert;
        foreach (var alert in round.Dropped)
            _unsaved[alert.Id] = null;
        foreach (var message in Messages(round, at))
            deliveries.Remember(message);
        _open = [.. _open.Except(round.Dropped).Concat(round.Begun).Where(alert => alert.State != "resolved")];
        Tell(round);
    }

    /// <summary>Writes down what happened while the database was away.</summary>
    private async Task CatchUpAsync(NexusDbContext db, CancellationToken cancellation)
    {
        // Oldest first, each by itself: what ended before the same began anew must not be in its way.
        foreach (var (id, alert) in _unsaved.OrderBy(pair => pair.Key))
        {
            var stored = await db.Alerts.FirstOrDefaultAsync(row => row.Id == id, cancellation);
            if (alert is null && stored is { State: "pending" })
                db.Remove(stored);
            else if (alert is not null && stored is not null)
                db.Entry(stored).CurrentValues.SetValues(alert);
            else if (alert is { FiredAt: not null } && !await db.Alerts.AnyAsync(row => row.Rule == alert.Rule && row.Subject == alert.Subject && row.State != "resolved", cancellation))
                db.Add(alert);
            await db.SaveChangesAsync(cancellation);
        }
    }

    private async Task<Readings> ReadAsync(bool shared, CancellationToken cancellation)
    {
        var all = new List<Reading>();
        var (everywhere, here) = (new HashSet<string>(), new HashSet<string>());
        foreach (var source in sources.Where(source => source.OfNode || shared))
        {
            try
            {
                all.AddRange((await source.ReadAsync(cancellation)).Select(reading => reading with { Says = mask.Apply(reading.Says) }));
                (source.OfNode ? here : everywhere).UnionWith(source.Rules);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                Log.Blind(logger, string.Join(", ", source.Rules), error.Message);
            }
        }

        return new(all, everywhere, here);
    }

    private List<AlertDeliveryRow> Messages(AlertRound round, DateTimeOffset at) =>
        [.. AlertMessages.Of(round.News, deliveries.SetUp, options.Value.DashboardUrl, at).Select(pair => deliveries.New(pair.Channel, pair.Message))];

    private void Tell(AlertRound round)
    {
        foreach (var news in round.News)
            Log.News(logger, news.Notice == AlertNotice.Resolved ? LogLevel.Information : LogLevel.Warning, news.Rule.Id, news.Notice, news.Alert.Summary);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "alert", Message = "Alert {Rule} {Notice}: {Summary}")]
        public static partial void News(ILogger logger, LogLevel level, string rule, AlertNotice notice, string summary);

        [LoggerMessage(LogLevel.Warning, "Alerts of {Rules} stay as they are: what they go by could not be read. {Reason}")]
        public static partial void Blind(ILogger logger, string rules, string reason);

        [LoggerMessage(LogLevel.Warning, "Alerts are kept in memory: they could not be stored. {Reason}")]
        public static partial void NotStored(ILogger logger, string reason);
    }
}

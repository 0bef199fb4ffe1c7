using System.Globalization;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Logs;

/// <summary>Changes levels for the Logs page. They count also while the database, and with it the audit log, is away: that is when they are needed.</summary>
internal sealed partial class LevelPages(LogLevels levels, NexusDbContext db, TimeProvider time, ILogger<LevelPages> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly HashSet<string> Parts = ["Access", "Api", "Capture", "Cli", "Configuration", "Conversations", "Credentials", "Listening", "Operations", "Pages", "Proxy", "Storage", "Usage"];

    /// <param name="minutes">Empty: until the restart.</param>
    /// <returns>What is in force now, in words.</returns>
    /// <exception cref="FormatException">Says what cannot be read.</exception>
    public async Task<string> SetAsync(string category, string level, string minutes, Actor actor, CancellationToken cancellation)
    {
        var least = LogFilter.ReadLevel(level) switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => throw new FormatException("A level is missing: debug, info, warn or error."),
        };
        int? length = minutes.Length == 0 ? null : int.TryParse(minutes, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 10_080 ? number
            : throw new FormatException($"'{minutes}' is no number of minutes up to a week.");
        var name = category.Trim();
        if (Parts.Contains(name.Split('.')[0]))
            name = "Nexus.Web." + name;
        DateTimeOffset? until = length is { } some ? time.GetUtcNow().AddMinutes(some) : null;
        levels.Set(new(name, least, until, actor.Name));
        Log.Changed(logger, name.Length == 0 ? "default" : name, level, until, actor.Name);
        var audited = await AuditAsync(actor, "log.level_changed", name, new { level, until }, cancellation);
        return $"{(name.Length == 0 ? "Everything without a level of its own" : name)} is logged from {level} on, on this node, {(until is null ? "until its restart" : $"for {length} min")}.{audited}";
    }

    public async Task<string> ResetAsync(string category, Actor actor, CancellationToken cancellation)
    {
        if (!levels.Reset(category))
            return "It was over already.";
        Log.Reset(logger, category.Length == 0 ? "default" : category, actor.Name);
        return "The level of the configuration counts again." + await AuditAsync(actor, "log.level_reset", category, null, cancellation);
    }

    private async Task<string> AuditAsync(Actor actor, string action, string category, object? details, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            db.Record(actor, time.GetUtcNow(), action, category.Length == 0 ? "default" : category, details);
            await db.SaveChangesAsync(limit.Token);
            return "";
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error) || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return " The audit log could not be written, because the database is away; the log has the change.";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "log_level_changed", Level = LogLevel.Warning, Message = "{Category} is logged from {Least} on, by {By}; until {Until} (empty: until the restart).")]
        public static partial void Changed(ILogger logger, string category, string least, DateTimeOffset? until, string by);

        [LoggerMessage(EventName = "log_level_reset", Level = LogLevel.Warning, Message = "The level of {Category} is that of the configuration again, by {By}.")]
        public static partial void Reset(ILogger logger, string category, string by);
    }
}

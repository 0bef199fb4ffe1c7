using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Alerts;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;

namespace Nexus.Web.Tests.Operations.Alerts;

/// <summary>A Nexus that does not look by itself: a test looks, with a clock and sources of its own. What it tells arrives at <see cref="Hook"/>.</summary>
internal sealed class AlertNexus : IAsyncDisposable
{
    private AlertNexus(FakeAnthropic hook, NexusApp app, string database) => (Hook, App, Database) = (hook, app, database);

    public FakeAnthropic Hook { get; }

    public NexusApp App { get; }

    public string Database { get; }

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.UtcNow);

    /// <summary>What the one source of the tests sees; null: it fails.</summary>
    public List<Reading>? Seen { get; set; } = [];

    public static async Task<AlertNexus> StartAsync(string? database = null, params (string Name, string Value)[] settings)
    {
        var hook = await FakeAnthropic.StartAsync();
        hook.Replies("text/plain", "ok"u8.ToArray());
        database ??= await Postgres.NewDatabaseAsync();
        var app = await NexusApp.StartAsync(hook, database, null, [("Alerts:Seconds", "0"), ("SLACK_WEBHOOK_URL", hook.Url + "/services/slack"), .. settings]);
        return new(hook, app, database);
    }

    public AlertEvaluator Evaluator(params AlertSource[] sources) => new(
        App.Services.GetRequiredService<Database>(), sources.Length > 0 ? sources : [new(["errors", "job"], false, _ => Seen is { } seen ? Task.FromResult<IReadOnlyList<Reading>>(seen) : throw new TimeoutException("blind"))],
        App.Services.GetRequiredService<Deliveries>(), App.Services.GetRequiredService<IOptions<ChannelOptions>>(), App.Services.GetRequiredService<SecretMask>(), Clock, NullLogger<AlertEvaluator>.Instance);

    /// <summary>Looks after some time has passed.</summary>
    public async Task LookAsync(AlertEvaluator evaluator, double minutes = 0)
    {
        Clock.Advance(TimeSpan.FromMinutes(minutes));
        await evaluator.LookAsync(CancellationToken.None);
    }

    public async Task<List<AlertRow>> AlertsAsync()
    {
        await using var db = await ContextAsync();
        return await db.Alerts.AsNoTracking().OrderBy(alert => alert.StartedAt).ThenBy(alert => alert.Subject).ToListAsync();
    }

    /// <summary>The titles of all messages, oldest first.</summary>
    public async Task<List<string>> TitlesAsync()
    {
        await using var db = await ContextAsync();
        return await db.AlertDeliveries.AsNoTracking().OrderBy(delivery => delivery.Id).Select(delivery => delivery.Title).ToListAsync();
    }

    public async Task<NexusDbContext> ContextAsync() => await App.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();

    public async Task SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The bodies that the hook got, once there are so many.</summary>
    public async Task<List<string>> ToldAsync(int count)
    {
        await NexusApp.UntilAsync(() => Task.FromResult(Hook.Requests.Count >= count), $"the hook got {count} messages");
        return [.. Hook.Requests.Select(request => System.Text.Encoding.UTF8.GetString(request.Body))];
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Hook.DisposeAsync();
    }
}

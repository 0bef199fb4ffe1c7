using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Alerts;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Alerts;

public sealed class AlertsWithoutDatabaseTests
{
    [Fact]
    public async Task That_the_database_is_away_is_told_at_once_and_is_in_the_history_when_it_is_back()
    {
        var server = await Postgres.StartAsync();
        try
        {
            await using var nexus = await AlertNexus.StartAsync(await server.CreateAsync("template_nexus"));
            await nexus.App.ReadyAsync();
            var database = nexus.App.Services.GetRequiredService<Database>();
            var evaluator = nexus.Evaluator([.. nexus.App.Services.GetRequiredService<NodeSources>().All().Where(source => source.Rules.Contains(AlertRule.Database))]);
            await nexus.LookAsync(evaluator);
            Assert.Empty(await nexus.AlertsAsync());

            await server.StopServerAsync();
            NpgsqlConnection.ClearAllPools();
            await NexusApp.UntilAsync(() => Task.FromResult(database.State.Condition == DatabaseCondition.Away), "the database is away");
            await nexus.LookAsync(evaluator, 1);
            Assert.Empty(nexus.Hook.Requests);
            await nexus.LookAsync(evaluator, 1.5);
            Assert.Contains("Firing: Database away", (await nexus.ToldAsync(1))[0], StringComparison.Ordinal);

            await server.StartServerAsync();
            await nexus.App.ReadyAsync();
            database.ClearPools();
            await nexus.LookAsync(evaluator, 1);
            Assert.Equal("firing", Assert.Single(await nexus.AlertsAsync()).State);
            await nexus.LookAsync(evaluator, 1.5);
            Assert.Equal("resolved", Assert.Single(await nexus.AlertsAsync()).State);
            Assert.Contains("Resolved: Database away", (await nexus.ToldAsync(2))[1], StringComparison.Ordinal);
            await NexusApp.UntilAsync(async () => (await nexus.TitlesAsync()).Count == 2, "both messages are in the log");
        }
        finally
        {
            server.Remove();
        }
    }

    [Fact]
    public async Task One_that_ends_and_begins_anew_while_the_database_is_away_is_two_in_the_history()
    {
        var server = await Postgres.StartAsync();
        try
        {
            await using var nexus = await AlertNexus.StartAsync(await server.CreateAsync("template_nexus"));
            await nexus.App.ReadyAsync();
            var database = nexus.App.Services.GetRequiredService<Database>();
            var broken = true;
            var evaluator = nexus.Evaluator(AlertSource.Memory("health", () => broken ? new("health", Environment.MachineName + "/clock", 1, "It is off.") : null));
            await nexus.LookAsync(evaluator);
            await nexus.LookAsync(evaluator, 1.5);
            Assert.Equal("firing", Assert.Single(await nexus.AlertsAsync()).State);

            await server.StopServerAsync();
            NpgsqlConnection.ClearAllPools();
            await NexusApp.UntilAsync(() => Task.FromResult(database.State.Condition == DatabaseCondition.Away), "the database is away");
            foreach (var now in new[] { false, true })
            {
                broken = now;
                await nexus.LookAsync(evaluator, 1);
                await nexus.LookAsync(evaluator, 2.5);
            }

            await server.StartServerAsync();
            await nexus.App.ReadyAsync();
            database.ClearPools();
            await nexus.LookAsync(evaluator, 1);
            Assert.Equal(["resolved", "firing"], (await nexus.AlertsAsync()).Select(alert => alert.State));
        }
        finally
        {
            server.Remove();
        }
    }
}

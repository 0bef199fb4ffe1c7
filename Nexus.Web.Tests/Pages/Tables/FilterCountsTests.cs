using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
using Xunit;

namespace Nexus.Web.Tests.Pages.Tables;

/// <summary>What a choice of a filter says it would leave.</summary>
public sealed class FilterCountsTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("", "one.example (5)", "claude-opus-5 (7)", "all errors (3)")]
    [InlineData("?domain=one.example", "two.example (2)", "claude-opus-5 (5)", "all errors (2)")]
    [InlineData("?outcome=errors", "one.example (2)", "claude-opus-5 (3)", "all errors (3)")]
    [InlineData("?outcome=errors&domain=two.example", "one.example (2)", "claude-opus-5 (1)", "all errors (1)")]
    [InlineData("?outcome=completed", "one.example", "claude-opus-5", "all errors (3)")]
    [InlineData("?status=4xx", "one.example", "claude-opus-5", "all errors")]
    [InlineData("?outcome=errors&status=529", "one.example", "claude-opus-5", "all errors")]
    public async Task Requests_are_counted_under_the_other_filters_or_not_at_all(string query, string domain, string model, string errors)
    {
        var source = _nexus.Services.GetRequiredService<Database>().DataSource;
        var usage = new SeededUsage(source);
        var at = TimeBuckets.StartOf(DateTimeOffset.UtcNow.AddDays(-2), TimeSpan.FromHours(1));
        await usage.AddAsync(at, "one.example", "acc_a", 1, requests: 5);
        await usage.AddAsync(at, "two.example", "acc_a", 1, requests: 2);
        await using (var fail = source.CreateCommand("UPDATE usage_1d SET errors = CASE domain WHEN 'one.example' THEN 2 ELSE 1 END"))
            await fail.ExecuteNonQueryAsync();
        var page = await _session.PageAsync("/dashboard/requests" + query);
        foreach (var shown in new[] { domain, model, errors })
            Assert.Contains($">{shown}</option>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conversations_are_counted_by_person_account_and_model_under_the_other_filters()
    {
        await SeededLedger.AddAsync(_nexus,
            Conversation("one.example", ["Ada"], [], ["acc_a"], ["claude-opus-5"], 1), Conversation("one.example", ["Ada", "Bob"], ["key_a"], ["acc_a", "acc_b"], ["claude-opus-5", "claude-haiku-4-5"], 2),
            Conversation("two.example", ["Bob"], [], ["acc_b"], ["claude-haiku-4-5"], 3), Conversation("two.example", ["Bob"], [], ["acc_b"], ["claude-haiku-4-5"], 4));
        // What is offered where nothing is counted comes from the usage.
        var usage = new SeededUsage(_nexus.Services.GetRequiredService<Database>().DataSource);
        foreach (var (domain, account) in new[] { ("one.example", "acc_a"), ("two.example", "acc_b") })
            await usage.AddAsync(TimeBuckets.StartOf(DateTimeOffset.UtcNow.AddDays(-2), TimeSpan.FromHours(1)), domain, account, 1, requests: 1);
        await ShowsAsync("", "one.example (2)", "two.example (2)", "Ada (2)", "Bob (3)", "acc_a (2)", "acc_b (3)", "claude-opus-5 (2)", "claude-haiku-4-5 (3)");
        await ShowsAsync("?person=Ada", "one.example (2)", "two.example (0)", "Ada (2)", "Bob (3)", "acc_a (2)", "acc_b (1)", "claude-haiku-4-5 (1)");
        await ShowsAsync("?person=key_a&account=acc_b", "one.example (1)", "Ada (1)", "Bob (3)", "acc_a (1)", "claude-opus-5 (1)");
        await ShowsAsync("?single=true&person=Bob", "one.example", "acc_a", "claude-opus-5");
        await ShowsAsync("?q=why", "one.example", "two.example");
    }

    private async Task ShowsAsync(string query, params string[] options)
    {
        var page = await _session.PageAsync("/dashboard/conversations" + query);
        Assert.Equal(options, options.Where(option => page.Contains($">{option}</option>", StringComparison.Ordinal)));
    }

    private static ConversationRow Conversation(string domain, string[] owners, string[] keys, string[] accounts, string[] models, int minutes)
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-minutes);
        return new()
        {
            Id = Guid.CreateVersion7(at),
            Domain = domain,
            StartedAt = at,
            LastAt = at,
            LastHour = TimeBuckets.StartOf(at, TimeSpan.FromHours(1)),
            Owners = owners,
            KeyIds = keys,
            Accounts = accounts,
            Models = models,
            Turns = 1,
            Requests = 1,
        };
    }
}

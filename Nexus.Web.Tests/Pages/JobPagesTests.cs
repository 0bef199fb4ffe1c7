using System.Net;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Nexus.Web.Tests.Usage;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class JobPagesTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;
    private JobHistory _jobs = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        _jobs = new(_nexus);
        await _jobs.ServingAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_job_is_run_now_and_its_outcome_duration_and_log_are_shown()
    {
        var list = await _session.PageAsync("/dashboard/jobs");
        Assert.Contains("<h1>Jobs</h1>", list, StringComparison.Ordinal);
        Assert.Contains("<code>15 2 * * *</code>", list, StringComparison.Ordinal);
        Assert.Contains("from 02:00 to 05:00 UTC", list, StringComparison.Ordinal);
        Assert.Contains("title=\"from 02:00 to 05:00 UTC\">from 11:00 to 14:00</span>", await _session.PageAsync("/dashboard/jobs", zone: "Asia/Tokyo"), StringComparison.Ordinal);
        Assert.Contains("partitions starts within seconds.", await _session.PostAsync("/dashboard/jobs", "/dashboard/jobs?handler=Run&job=partitions", true), StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).Any(run => run is { Job: "partitions", Outcome: "succeeded", Log: not null }), "the run is over and its log is stored");
        var fragment = await _session.PageAsync("/dashboard/jobs", htmx: true);
        Assert.DoesNotContain("<h1>", fragment, StringComparison.Ordinal);
        Assert.Contains("succeeded", fragment, StringComparison.Ordinal);
        var runs = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/job/partitions?handler=Runs", htmx: true));
        Assert.Contains("Job partitions starts (by hand: True).", runs, StringComparison.Ordinal);
        Assert.Contains("Job partitions is done after", runs, StringComparison.Ordinal);
        Assert.Contains("Made request", runs, StringComparison.Ordinal);
        Assert.Equal(1, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM audit_log WHERE action = 'job.started' AND subject = 'partitions' AND actor <> ''"));
        Assert.Contains("no job 're-price' that", WebUtility.HtmlDecode(await _session.PostAsync("/dashboard/jobs", "/dashboard/jobs?handler=Run&job=re-price", true)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_runs_of_a_job_are_walked_page_by_page()
    {
        var known = new List<string>();
        await using (var source = NpgsqlDataSource.Create(_database))
        await using (var insert = source.CreateCommand("INSERT INTO job_runs (id, job, node, started_at, finished_at, outcome, by_hand) SELECT gen_random_uuid(), 'retention', 'old', date_trunc('hour', now()) - interval '40 days' - (n / 3) * interval '1 hour', now() - interval '40 days', 'succeeded', false FROM generate_series(1, 57) AS n RETURNING id::text"))
        await using (var ids = await insert.ExecuteReaderAsync())
            while (await ids.ReadAsync())
                known.Add(ids.GetString(0));
        var seen = new List<string>();
        for (var address = "/dashboard/job/retention"; address.Length > 0;)
        {
            var page = await _session.PageAsync(address);
            seen.AddRange(System.Text.RegularExpressions.Regex.Matches(page, "id=\"run-([0-9a-f-]{36})\"").Select(match => match.Groups[1].Value));
            address = System.Text.RegularExpressions.Regex.Match(page, "class=\"button older\" href=\"([^\"]*)\"").Groups[1].Value;
        }

        Assert.Distinct(seen);
        Assert.Equal(known.Order(), seen.Where(known.Contains).Order());
    }

    [Fact]
    public async Task A_changed_schedule_is_stored_audited_in_force_and_kept_over_a_restart()
    {
        var done = await ChangeAsync("30 3 * * 1", "03:00", "04:00", "20", "2", "90");
        Assert.Contains("Saved.", done, StringComparison.Ordinal);
        Assert.Contains("2 retries, the first after 1 min 30 s", done, StringComparison.Ordinal);
        Assert.Equal("30 3 * * 1", _jobs.Recurring().Single(job => job.Id == "vacuum").Cron);
        await _nexus.DisposeAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        _jobs = new(_nexus);
        await _jobs.ServingAsync();
        Assert.Equal("30 3 * * 1", _jobs.Recurring().Single(job => job.Id == "vacuum").Cron);
        _session = await DashboardSession.StartAsync(_nexus);
        Assert.Contains("again", await _session.PostAsync("/dashboard/job/vacuum", "/dashboard/job/vacuum?handler=Reset", true), StringComparison.Ordinal);
        Assert.Equal("15 2 * * *", _jobs.Recurring().Single(job => job.Id == "vacuum").Cron);
        Assert.Equal(1, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM audit_log WHERE action = 'job.changed' AND details->'before'->>'cron' = '15 2 * * *' AND details->'after'->>'cron' = '30 3 * * 1'"));
    }

    [Theory]
    [InlineData("often", "", "", "5", "1", "60", "'often' is no schedule")]
    [InlineData("61 2 * * *", "", "", "5", "1", "60", "'61 2 * * *' is no schedule")]
    [InlineData("0 12 * * *", "02:00", "05:00", "5", "1", "60", "it would never run there")]
    [InlineData("0 12 * * *", "02:00", "", "5", "1", "60", "A window has both ends")]
    [InlineData("0 12 * * *", "", "", "0", "1", "60", "The time box is from 1")]
    [InlineData("0 12 * * *", "", "", "5", "many", "60", "The number of retries is a whole number")]
    public async Task What_cannot_be_a_schedule_is_refused_in_words_and_nothing_changes(string cron, string opens, string closes, string minutes, string attempts, string seconds, string words)
    {
        Assert.Contains(words, WebUtility.HtmlDecode(await ChangeAsync(cron, opens, closes, minutes, attempts, seconds)), StringComparison.Ordinal);
        Assert.Equal("15 2 * * *", _jobs.Recurring().Single(job => job.Id == "vacuum").Cron);
        Assert.Equal(0, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM job_settings"));
    }

    [Fact]
    public async Task A_paused_job_is_left_alone_by_the_clock_and_runs_when_a_person_asks()
    {
        await _session.PostAsync("/dashboard/job/partitions", "/dashboard/job/partitions?handler=Pause", true, ("paused", "true"));
        Assert.DoesNotContain(_jobs.Recurring(), job => job.Id == "partitions");
        Assert.Contains("paused", await _session.PageAsync("/dashboard/jobs"), StringComparison.Ordinal);
        await _session.PostAsync("/dashboard/job/partitions", "/dashboard/job/partitions?handler=Run", true);
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).Any(run => run is { Job: "partitions", Outcome: "succeeded" }), "it ran");
        await _session.PostAsync("/dashboard/job/partitions", "/dashboard/job/partitions?handler=Pause", true, ("paused", "false"));
        Assert.Contains(_jobs.Recurring(), job => job.Id == "partitions");
    }

    [Fact]
    public async Task A_page_of_runs_after_one_that_is_not_there_any_more_begins_with_the_newest()
    {
        await using (var source = NpgsqlDataSource.Create(_database + ";Pooling=false"))
        await using (var insert = source.CreateCommand("INSERT INTO job_runs (id, job, node, started_at, finished_at, outcome, by_hand) VALUES ('0190f0e0-0000-7000-8000-000000000001', 'retention', 'old', now(), now(), 'succeeded', false)"))
            await insert.ExecuteNonQueryAsync();
        Assert.Contains("0190f0e0-0000-7000-8000-000000000001", await _session.PageAsync($"/dashboard/job/retention?handler=Runs&before={Guid.NewGuid()}", htmx: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_a_job_runs_its_page_says_how_far_it_is_and_a_second_start_leaves_it_single()
    {
        await using var blocker = new NpgsqlConnection(_database);
        await blocker.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var locked = new NpgsqlCommand("LOCK TABLE usage_5m IN ACCESS EXCLUSIVE MODE", blocker, transaction))
            await locked.ExecuteNonQueryAsync();
        await _session.PostAsync("/dashboard/jobs", "/dashboard/jobs?handler=Run&job=vacuum", true);
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).Any(run => run is { Job: "vacuum", Outcome: "running", Progress: > 0 }), "some tables are done");
        var page = await _session.PageAsync("/dashboard/job/vacuum");
        Assert.Contains("<progress", page, StringComparison.Ordinal);
        Assert.Contains("tables;", page, StringComparison.Ordinal);
        await _session.PostAsync("/dashboard/jobs", "/dashboard/jobs?handler=Run&job=vacuum", true);
        await transaction.RollbackAsync();
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).All(run => run.Outcome != "running"), "the run is over");
        Assert.All(await _jobs.RunsAsync(), run => Assert.Equal("succeeded", run.Outcome));
    }

    private Task<string> ChangeAsync(string cron, string opens, string closes, string minutes, string attempts, string seconds) => _session.PostAsync("/dashboard/job/vacuum", "/dashboard/job/vacuum?handler=Change", true,
        ("cron", cron), ("opens", opens), ("closes", closes), ("minutes", minutes), ("attempts", attempts), ("seconds", seconds));
}

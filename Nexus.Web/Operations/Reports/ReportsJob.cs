using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Reports;

/// <summary>Makes the reports of the last day, week and month that are over, where they are not there yet, and sends them where that is wished.</summary>
internal sealed class ReportsJob(Database database, ReportKinds kinds, Deliveries deliveries, IOptions<ChannelOptions> options, TimeProvider time) : IJob
{
    public const string Id = "reports";

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var made = new List<string>();
        foreach (var kind in kinds.All)
        {
            var period = kind.Last(time.GetUtcNow());
            await using var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource));
            if (await db.Reports.AnyAsync(report => report.Kind == kind.Id && report.FromAt == period.From, cancellation))
                continue;
            var (summary, content) = await kind.MakeAsync(period, cancellation);
            var now = time.GetUtcNow();
            var row = new ReportRow
            {
                Id = Guid.CreateVersion7(now),
                Kind = kind.Id,
                FromAt = period.From,
                ToAt = period.To,
                MadeAt = now,
                Title = kind.TitleOf(period),
                Summary = summary,
                Content = JsonSerializer.Serialize(content, JsonSerializerOptions.Web),
            };
            db.Add(row);
            db.AddRange(Messages(row, content, now));
            await db.SaveChangesAsync(cancellation);
            made.Add(row.Title);
        }

        return new(made.Count == 0 ? "All reports are there already." : $"Made: {string.Join("; ", made)}.", new { made }, 1);
    }

    private IEnumerable<AlertDeliveryRow> Messages(ReportRow report, ReportContent content, DateTimeOffset now)
    {
        var dashboard = options.Value.DashboardUrl;
        List<MessageLine> lines = [new(report.Summary, null)];
        foreach (var figure in content.Figures.Where(figure => figure.Now is not null))
            lines.Add(new($"{figure.Name}: {ReportWords.Value(figure.Unit, figure.Now, figure.Estimated)}{(ReportWords.Change(figure.Now, figure.Before) is { } change ? $" ({change}, was {ReportWords.Value(figure.Unit, figure.Before, figure.WasEstimated)})" : "")}", null));
        var message = new ChannelMessage("report", report.Title, "", now, lines, ChannelMessage.LinkTo(dashboard, $"/dashboard/report/{report.Id}"));
        var wished = options.Value.Reports.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return deliveries.SetUp.Where(channel => wished.Contains(channel)).Select(channel => deliveries.New(channel, message));
    }
}

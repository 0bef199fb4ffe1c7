using System.Globalization;
using System.IO.Compression;
using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Operations.Logs.Exporting;
using Nexus.Web.Pages.Logs;
using Nexus.Web.Pages.Shared.Logs;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages;

/// <summary>This node's log, live and back to its oldest file, and the levels in force. It needs no database.</summary>
internal sealed class LogsModel(LogReader reader, LogFiles files, LogLevels levels, LogExporter exporter, LevelPages changes, TableViews tables, IAntiforgery antiforgery, TimeProvider time) : PageModel
{
    private const int PageSize = 100;

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    public Fragment Levels { get; private set; } = null!;

    private LogQuestion Question => LogQuestion.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow());

    /// <param name="before">Position of the last line of the page before.</param>
    public Task<IActionResult> OnGetAsync(string? before, CancellationToken cancellation) => ShowAsync(before, null, null, cancellation);

    /// <summary>What is filtered, from its first line to its last, as it is in the files.</summary>
    public async Task<IActionResult> OnGetExportAsync(CancellationToken cancellation)
    {
        var question = Question;
        Response.ContentType = "application/gzip";
        Response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"nexus-log-{time.GetUtcNow():yyyyMMdd-HHmmss}.jsonl.gz\"");
        await using var packed = new GZipStream(Response.Body, CompressionLevel.Fastest);
        await using var writer = new StreamWriter(packed, leaveOpen: true) { NewLine = "\n" };
        foreach (var line in reader.Forward(question.Filter))
            await writer.WriteLineAsync(line.Json.AsMemory(), cancellation);
        return new EmptyResult();
    }

    public IActionResult OnGetDay(string name) => exporter.Find(name) is { } file ? PhysicalFile(file.FullName, "application/gzip", file.Name) : NotFound();

    public Task<IActionResult> OnPostLevelAsync(string? category, string? level, string? minutes, CancellationToken cancellation) =>
        ChangeAsync(actor => changes.SetAsync(category ?? "", level ?? "", minutes ?? "", actor, cancellation), cancellation);

    public Task<IActionResult> OnPostResetAsync(string? category, CancellationToken cancellation) =>
        ChangeAsync(actor => changes.ResetAsync(category ?? "", actor, cancellation), cancellation);

    private async Task<IActionResult> ChangeAsync(Func<Actor, Task<string>> change, CancellationToken cancellation)
    {
        try
        {
            return await ShowAsync(null, await change(Actor.Of(HttpContext)), null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync(null, null, error.Message, cancellation);
        }
    }

    private async Task<IActionResult> ShowAsync(string? before, string? done, string? problem, CancellationToken cancellation)
    {
        var question = Question;
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Logs, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        if (!Request.IsHtmx() || HttpMethods.IsPost(Request.Method))
            Levels = Fragment.Of<LevelList>(("Changes", levels.Current.Select(change => new LevelRow(change.Category, change.Level, change.Until, change.By)).ToList()),
                ("Exports", exporter.List().Select(export => new LogDay(export.Day, export.File.Name, export.File.Length)).ToList()),
                ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken), ("Done", done), ("Problem", problem));
        if (Request.IsHtmx() && HttpMethods.IsPost(Request.Method))
            return new ComponentResult(Levels);
        var view = await tables.OfAsync(state, preferences, question.Pairs, HttpContext, cancellation);
        Results = ResultsOf(question, view, LogPosition.Parse(before), cancellation);
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Filters = Fragment.Of<LogFilters>(("Filter", LogFields.Of(question)), ("Zone", ViewerZone.Of(HttpContext).Id), ("Keep", view.Arrangement));
        return Page();
    }

    private Fragment ResultsOf(LogQuestion question, TableView view, LogPosition? before, CancellationToken cancellation)
    {
        var page = reader.Back(question.Filter, before, PageSize, cancellation: cancellation);
        // Where new lines begin: after the newest there is, whether it matches or not.
        LogPosition? newest = before is null && question.IsOpen && reader.Back(new(), null, 1, cancellation: cancellation).Lines is [var last, ..] ? last.Position : null;
        return Fragment.Of<LogResults>(
            ("Lines", LogRow.Of(page.Lines)), ("Problems", question.Problems), ("View", view), ("Searched", page.Searched), ("Trouble", files.Problem), ("Lost", files.Lost),
            ("LiveAddress", before is null && question.IsOpen ? "/dashboard/logs/live" + question.Query(("since", newest?.ToString() ?? "00010101-0000-0")) : null),
            ("Older", page.Next is { } next ? view.With(("before", next.ToString())) : null),
            ("Newest", before is null ? null : view.With()));
    }
}

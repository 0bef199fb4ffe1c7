using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.BreakGlass;
using Nexus.Web.Access.Roles;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Backups;
using Nexus.Web.Pages.Shared.Backups;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>The backups of this node: made, verified, downloaded, deleted.</summary>
internal sealed class BackupsModel(BackupPages pages, BackupStore store, JobStarter starter, NexusDbContext db, Grants grants, TableViews tables, TimeProvider time) : PageModel
{
    public Fragment Results { get; private set; } = null!;

    public string Place => Path.GetDirectoryName(store.DirectoryOf("database"))!;

    public Task<IActionResult> OnGetAsync(CancellationToken cancellation) => ShowAsync(null, null, cancellation);

    public async Task<IActionResult> OnGetDownloadAsync(string name, CancellationToken cancellation)
    {
        if (store.Find(name) is not { } backup)
            return NotFound();
        // It holds the content of everybody.
        var who = SignedIn.Of(User)!;
        var grant = grants.Of(who);
        if (grants.AreNeeded && grant is null)
            return new DeniedResult(new(DeniedFor.Reason, who, Role.Administrator));
        await AuditAsync("backup.downloaded", name, cancellation, grant is null ? null : new { grant.Reason, grant = grant.Id });
        return PhysicalFile(backup.Path, "application/octet-stream", backup.Name);
    }

    public async Task<IActionResult> OnPostRunAsync(string job, CancellationToken cancellation)
    {
        try
        {
            await starter.StartAsync(job, Actor.Of(HttpContext), cancellation);
            return await ShowAsync($"{job} starts within seconds.", null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync(null, error.Message, cancellation);
        }
    }

    public async Task<IActionResult> OnPostDeleteAsync(string name, CancellationToken cancellation)
    {
        if (store.Find(name) is not { } backup)
            return await ShowAsync(null, $"There is no backup '{name}' any more.", cancellation);
        await AuditAsync("backup.deleted", name, cancellation);
        BackupStore.Delete(backup);
        return await ShowAsync($"{name} is deleted.", null, cancellation);
    }

    private async Task AuditAsync(string action, string name, CancellationToken cancellation, object? details = null)
    {
        db.Record(Actor.Of(HttpContext), time.GetUtcNow(), action, name, details);
        await db.SaveChangesAsync(cancellation);
    }

    private async Task<IActionResult> ShowAsync(string? done, string? problem, CancellationToken cancellation)
    {
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Backups, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var view = await tables.OfAsync(state, preferences, [], HttpContext, cancellation);
        var backups = RowOrder.By(pages.List(), view.Sort, view.Ascending, (backup, column) => column switch
        {
            "file" => backup.Name,
            "made" => backup.MadeAt,
            "size" => backup.Bytes,
            "rows" => backup.Count,
            _ => backup.VerifiedAt,
        });
        Results = Fragment.Of<BackupList>(("Backups", backups), ("View", view), ("Jobs", await pages.JobsAsync(cancellation)), ("Warning", await pages.WarningAsync(cancellation)),
            ("Token", view.Token), ("Moments", pages.Moments()), ("Done", done), ("Problem", problem));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}

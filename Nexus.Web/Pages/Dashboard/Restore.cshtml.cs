using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Restores;
using Nexus.Web.Pages.Shared.Backups;

namespace Nexus.Web.Pages;

/// <summary>Puts a backup back after its name was typed, and shows how far that is. The state is read from a file: the database may be away.</summary>
internal sealed class RestoreModel(BackupStore store, DatabaseRestore restore, RestoreRunner runner, CredentialsRestore credentials, IAntiforgery antiforgery) : PageModel
{
    public string Name { get; private set; } = "";

    public Fragment View { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(string? name, CancellationToken cancellation) => ShowAsync(name, null, cancellation);

    public async Task<IActionResult> OnGetStateAsync(CancellationToken cancellation) =>
        Request.IsHtmx() && Line() is { } line ? new ComponentResult(Fragment.Of<RestoreProgress>(("State", line))) : await ShowAsync(null, null, cancellation);

    public async Task<IActionResult> OnPostStartAsync(string name, string? confirmation, CancellationToken cancellation)
    {
        if (store.Find(name) is not { } backup)
            return NotFound();
        if (confirmation?.Trim() != name)
            return await ShowAsync(name, "What was typed is not the backup's name. Nothing was changed.", cancellation);
        try
        {
            if (backup.Path.StartsWith(store.DirectoryOf("credentials") + "/", StringComparison.Ordinal))
                return await CredentialsAsync(backup, cancellation);
            var archive = Request.Form["credentials"].ToString() is { Length: > 0 } chosen ? store.Find(chosen)?.Path : null;
            await restore.AuditAsync(Actor.Of(HttpContext), "database.restore_started", backup.Name, cancellation);
            runner.Start(new(backup.Path, archive, Actor.Of(HttpContext)));
            return Redirect("/dashboard/restore");
        }
        catch (Exception error) when (error is InvalidDataException or InvalidOperationException)
        {
            return await ShowAsync(name, error.Message, cancellation);
        }
    }

    private async Task<IActionResult> CredentialsAsync(StoredBackup backup, CancellationToken cancellation)
    {
        await credentials.RunAsync(backup, dryRun: false, cancellation);
        await restore.AuditAsync(Actor.Of(HttpContext), "credentials.restored", backup.Name, cancellation);
        return Redirect("/dashboard/backups");
    }

    private async Task<IActionResult> ShowAsync(string? name, string? problem, CancellationToken cancellation)
    {
        var backup = name is null ? null : store.Find(name);
        if (name is not null && backup is null)
            return NotFound();
        Name = name ?? "";
        var kind = backup?.Manifest?.Kind is { } stored and not "moment" ? stored : "database";
        string? preview = null;
        try
        {
            if (backup is not null)
                preview = kind == "credentials" ? await CredentialsPreviewAsync(backup, cancellation) : await restore.PreviewAsync(new(backup.Path, null, Actor.Of(HttpContext)), cancellation);
        }
        catch (InvalidDataException damaged)
        {
            problem = $"{damaged.Message} It cannot be restored.";
        }

        View = Fragment.Of<RestoreView>(("Name", Name), ("Kind", kind), ("Preview", preview), ("Problem", problem), ("Credentials", store.List("credentials").Select(file => file.Name).ToList()),
            ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken), ("State", Line()));
        return Page();
    }

    private async Task<string> CredentialsPreviewAsync(StoredBackup backup, CancellationToken cancellation)
    {
        var files = await credentials.RunAsync(backup, dryRun: true, cancellation);
        return $"{backup.Name} is as it was made. It puts back {string.Join(", ", files.Restored)}; what they replace is kept.{(files.Others.Count > 0 ? $" Not in it, and left as they are: {string.Join(", ", files.Others)}." : "")}";
    }

    private RestoreLine? Line() => restore.State is { } state ? new(Path.GetFileName(state.File), state.Step, state.Share, state.Message, state.ChangedAt) : null;
}

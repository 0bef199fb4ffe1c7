using System.Text.Json;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Backups;

namespace Nexus.Web.Operations.Restores;

/// <summary>How far a restore is (<c>DATA_DIR/restore/state.json</c>): kept outside the database that it replaces.</summary>
/// <param name="Step">One of <see cref="RestoreSteps"/>.</param>
/// <param name="Database">The database that is replaced.</param>
/// <param name="Fresh">Where the backup is loaded into, until it takes the name of the other.</param>
/// <param name="Kept">What the replaced database is called afterwards.</param>
internal sealed record RestoreState(string Step, string File, string? Credentials, string Actor, string Database, string Fresh, string Kept, DateTimeOffset StartedAt, DateTimeOffset ChangedAt, double Share = 0, string? Message = null)
{
    public bool IsOver => Step is RestoreSteps.Done or RestoreSteps.Failed or RestoreSteps.Undone;

    public static RestoreState? Read(string directory)
    {
        var path = PathIn(directory);
        return System.IO.File.Exists(path) ? JsonSerializer.Deserialize<RestoreState>(System.IO.File.ReadAllText(path), JsonSerializerOptions.Web) : null;
    }

    public void Write(string directory)
    {
        PrivateFiles.MakeDirectory(directory);
        BackupStore.WritePrivately(PathIn(directory), JsonSerializer.Serialize(this, JsonSerializerOptions.Web));
    }

    private static string PathIn(string directory) => Path.Combine(directory, "state.json");

}

internal static class RestoreSteps
{
    public const string Checking = "checking";
    public const string Loading = "loading";
    public const string Verifying = "verifying";
    public const string Swapping = "swapping";
    public const string Finishing = "finishing";
    public const string Done = "done";
    public const string Failed = "failed";
    public const string Undone = "undone";
}

using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether DATA_DIR can be written, and its keys and its journal are nobody else's to read.</summary>
internal sealed class PermissionsProbe(IOptions<DataOptions> data) : IProbe
{
    public string Name => "permissions";

    public string Title => "Permissions";

    public Task<Finding> LookAsync(CancellationToken cancellation)
    {
        var directory = data.Value.Directory;
        if (!Directory.Exists(directory))
            return Task.FromResult(FileAccessRights.MayWrite(FileAccessRights.NearestExisting(directory))
                ? Finding.Ok($"{directory} does not exist yet; the first start makes it.")
                : Finding.Failure($"{directory} does not exist, and {Environment.UserName} may not make it.", $"Make it and give it to {Environment.UserName}, or set DATA_DIR."));
        if (!FileAccessRights.MayWrite(directory))
            return Task.FromResult(Finding.Failure($"{directory} cannot be written by {Environment.UserName}.", $"chown -R {Environment.UserName} {directory}, and mount it without ro."));
        var open = new[] { data.Value.KeysDirectory, data.Value.JournalDirectory }.Where(Directory.Exists).FirstOrDefault(FileAccessRights.IsOpenToOthers)
            ?? (Directory.Exists(data.Value.KeysDirectory) ? FileAccessRights.OpenToOthers(data.Value.KeysDirectory).FirstOrDefault() : null);
        return Task.FromResult(open is null
            ? Finding.Ok($"{directory} can be written; its keys and its journal are private.")
            : Finding.Warning($"Others may read {open}.", $"chmod -R go-rwx {open}"));
    }
}

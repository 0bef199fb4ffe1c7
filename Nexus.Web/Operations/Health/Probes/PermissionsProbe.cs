using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether DATA_DIR can be written, and its keys are nobody else's to read.</summary>
internal sealed class PermissionsProbe(IOptions<DataOptions> data) : IProbe
{
    public string Name => "permissions";

    public string Title => "Permissions";

    public Task<Finding> LookAsync(CancellationToken cancellation)
    {
        var directory = data.Value.Directory;
        if (!Directory.Exists(directory))
            return Task.FromResult(Finding.Warning($"{directory} does not exist yet.", "Nexus makes it at its first start, when this user may."));
        if (!FileAccessRights.MayWrite(directory))
            return Task.FromResult(Finding.Failure($"{directory} cannot be written by {Environment.UserName}.", $"chown -R {Environment.UserName} {directory}, and mount it without ro."));
        var open = Directory.Exists(data.Value.KeysDirectory) ? FileAccessRights.OpenToOthers(data.Value.KeysDirectory).Take(3).ToList() : [];
        return Task.FromResult(open.Count == 0
            ? Finding.Ok($"{directory} can be written, and its keys are private.")
            : Finding.Warning($"Others may read {string.Join(", ", open)}.", $"chmod -R go-rwx {data.Value.KeysDirectory}"));
    }
}

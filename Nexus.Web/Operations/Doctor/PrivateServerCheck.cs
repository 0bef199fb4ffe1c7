using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Health;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Doctor;

/// <summary>Whether the private PostgreSQL can run, and does; looked at from outside, without making anything.</summary>
internal sealed class PrivateServerCheck(IOptions<DataOptions> data)
{
    private string Cluster => Path.Combine(data.Value.PostgresDirectory, "cluster");

    /// <summary>Null when it runs, and can be asked itself.</summary>
    public Finding? Look(bool nexusRuns)
    {
        string installed;
        try
        {
            installed = PostgresBinaries.Find().Major;
        }
        catch (InvalidOperationException error)
        {
            return Finding.Failure(error.Message, "apt-get install postgresql");
        }

        var version = Path.Combine(Cluster, "PG_VERSION");
        if (!File.Exists(version))
            return Finding.Ok($"The first start makes a private one under {data.Value.PostgresDirectory}, by PostgreSQL {installed}.");
        var made = File.ReadAllText(version).Trim();
        if (made != installed)
            return Finding.Failure($"The private one in {Cluster} was made by PostgreSQL {made}, and {installed} is installed.", $"Install postgresql-{made} again, or upgrade the cluster with pg_upgradecluster.");
        if (IsRunning())
            return null;
        return nexusRuns
            ? Finding.Failure($"Nexus runs, and its private PostgreSQL in {Cluster} does not.", $"Nexus starts it again by itself; why it does not run stands in {data.Value.PostgresDirectory}/server.log.")
            : Finding.Ok($"The private one in {Cluster} (PostgreSQL {made}) does not run; Nexus starts it.");
    }

    private bool IsRunning()
    {
        var file = Path.Combine(Cluster, "postmaster.pid");
        return File.Exists(file) && int.TryParse(File.ReadLines(file).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var process) && Directory.Exists($"/proc/{process}");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <summary>A program of PostgreSQL's and the version it says it is.</summary>
internal sealed record PostgresClient(string Path, string Version);

/// <summary>Finds pg_dump, psql and pg_restore for a server: of its own major version where that is installed, else of a newer one.</summary>
/// <param name="root">Where distributions put one directory a major version.</param>
internal sealed partial class PostgresClients(string root = "/usr/lib/postgresql")
{
    /// <param name="server">Its version number, such as 15.6.</param>
    /// <exception cref="InvalidOperationException">Only older ones are installed, or none: says what to do.</exception>
    public async Task<PostgresClient> FindAsync(string program, Version server, CancellationToken cancellation)
    {
        var own = Directory.Exists(root)
            ? Directory.EnumerateDirectories(root).Select(path => (Path: System.IO.Path.Combine(path, "bin", program), Major: int.TryParse(System.IO.Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0))
                .Where(candidate => candidate.Major > 0 && File.Exists(candidate.Path)).OrderBy(candidate => candidate.Major < server.Major).ThenBy(candidate => Math.Abs(candidate.Major - server.Major)).Select(candidate => candidate.Path).FirstOrDefault()
            : null;
        var found = await VersionAsync(own ?? program, cancellation);
        if (found is null)
            throw new InvalidOperationException($"{program} is not installed. PostgreSQL {server.Major} needs it in that version or a newer one (Debian: apt-get install postgresql-client-{server.Major}).");
        return int.Parse(Major().Match(found).Value, CultureInfo.InvariantCulture) >= server.Major
            ? new(own ?? program, found)
            : throw new InvalidOperationException($"The server is PostgreSQL {server}, the newest {program} here is {found}: an older {program} cannot read a newer server. Install postgresql-client-{server.Major} beside Nexus (in an image of your own: FROM claude-nexus-proxy, then apt-get install postgresql-client-{server.Major}), or run {program} of version {server.Major} where the server is.");
    }

    /// <summary>How libpq reaches the server of a connection; the password is in the environment of the process, not in its arguments.</summary>
    public static Dictionary<string, string> Environment(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, string database)
    {
        var environment = new Dictionary<string, string>
        {
            ["PGHOST"] = connection.Host ?? "",
            ["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture),
            ["PGDATABASE"] = database,
            ["PGUSER"] = settings.Username ?? "",
            ["PGPASSWORD"] = settings.Password ?? "",
            ["PGAPPNAME"] = "nexus",
            ["PGTZ"] = "UTC",
            ["PGCONNECT_TIMEOUT"] = "10",
            ["PGSSLMODE"] = settings.SslMode switch { SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full", var mode => mode.ToString().ToLowerInvariant() },
        };
        if (settings.RootCertificate is { Length: > 0 } certificate)
            environment["PGSSLROOTCERT"] = certificate;
        return environment;
    }

    private static async Task<string?> VersionAsync(string program, CancellationToken cancellation)
    {
        try
        {
            var start = new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            var said = await process.StandardOutput.ReadToEndAsync(cancellation);
            return Number().Match(said) is { Success: true } version ? version.Value : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\d+(\.\d+)*")]
    private static partial Regex Number();

    [GeneratedRegex(@"^\d+")]
    private static partial Regex Major();
}

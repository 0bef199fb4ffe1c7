using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Deployment;

/// <summary>The image's psql, as a link of that name to docker/postgres-client.</summary>
public sealed class PostgresClientTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-psql-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("pool_max=50&pool_idle_timeout=10000")]
    [InlineData("pool_max=50&sslmode=disable&application_name=a%20b")]
    public async Task Psql_takes_a_database_url_with_pool_parameters_and_keeps_libpq_s_own(string parameters)
    {
        var settings = new NpgsqlConnectionStringBuilder(await Postgres.NewDatabaseAsync());
        var url = $"postgres://{settings.Username}@{settings.Host}:{settings.Port}/{settings.Database}?{parameters}";
        var expected = parameters.Contains("application_name", StringComparison.Ordinal) ? "a b" : "psql";
        foreach (var arguments in new string[][] { [url], ["--dbname=" + url], ["-d", url] })
        {
            var (code, output, error) = await PsqlAsync([.. arguments, "-Atc", "SELECT current_setting('application_name')"], settings);
            Assert.Equal("", error);
            Assert.Equal(0, code);
            Assert.Equal(expected, output.Trim());
        }
    }

    [Fact]
    public async Task Arguments_that_are_no_url_arrive_as_they_are()
    {
        var settings = new NpgsqlConnectionStringBuilder(await Postgres.NewDatabaseAsync());
        var (_, output, _) = await PsqlAsync(["-h", settings.Host!, "-U", settings.Username!, settings.Database!, "-At", "-c", "SELECT '*', '? & =', ''"], settings);
        Assert.Equal("*|? & =|", output.TrimEnd('\n'));
    }

    private Task<(int Code, string Output, string Error)> PsqlAsync(string[] arguments, NpgsqlConnectionStringBuilder settings)
    {
        var psql = Path.Combine(_directory, "psql");
        if (!File.Exists(psql))
            File.CreateSymbolicLink(psql, Path.Combine(Scripts.Repository, "docker", "postgres-client"));
        return Scripts.RunAsync(psql, arguments, _directory, new Dictionary<string, string?> { ["PGPORT"] = $"{settings.Port}", ["PGPASSWORD"] = settings.Password });
    }
}

using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>What <c>dotnet ef</c> uses, so that making a migration needs neither a server nor the app.</summary>
internal sealed class DesignTimeDbContextFactory : IDesignTimeDbContextFactory<NexusDbContext>
{
    public NexusDbContext CreateDbContext(string[] args) =>
        new(NexusDbOptions.Of(NpgsqlDataSource.Create("Host=design.invalid")));
}

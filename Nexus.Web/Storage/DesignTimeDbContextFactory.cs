using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Nexus.Web.Storage;

/// <summary>What <c>dotnet ef</c> uses, so that making a migration needs neither a server nor the app.</summary>
internal sealed class DesignTimeDbContextFactory : IDesignTimeDbContextFactory<NexusDbContext>
{
    public NexusDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<NexusDbContext>().UseNpgsql("Host=design.invalid").UseSnakeCaseNamingConvention().Options);
}

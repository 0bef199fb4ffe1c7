using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Nexus.Web.Storage;

/// <summary>The schema for the dashboard's queries and for migrations. The write path goes through COPY (<see cref="Capture"/>), not through this.</summary>
internal sealed class NexusDbContext(DbContextOptions<NexusDbContext> options) : DbContext(options), IDataProtectionKeyContext
{
    public DbSet<LedgerRow> Requests => Set<LedgerRow>();
    public DbSet<PayloadRow> Payloads => Set<PayloadRow>();
    public DbSet<PartRow> Parts => Set<PartRow>();
    public DbSet<Usage5m> Usage5m => Set<Usage5m>();
    public DbSet<Usage15m> Usage15m => Set<Usage15m>();
    public DbSet<JobRunRow> JobRuns => Set<JobRunRow>();

    /// <summary>The ring that signs session cookies, shared by all nodes. The ring that seals credentials is never here.</summary>
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<LedgerRow>(ledger =>
        {
            ledger.ToTable("requests").HasKey(row => new { row.StartedAt, row.Id });
            ledger.HasIndex(row => new { row.Domain, row.StartedAt });
            ledger.Property(row => row.CacheCreation5mTokens).HasColumnName("cache_creation_5m_tokens");
            ledger.Property(row => row.CacheCreation1hTokens).HasColumnName("cache_creation_1h_tokens");
        });
        modelBuilder.Entity<PayloadRow>(payload => payload.ToTable("request_payloads").HasKey(row => new { row.StartedAt, row.Id }));
        modelBuilder.Entity<PartRow>(part => part.ToTable("content_parts").HasKey(row => row.Hash));
        Usage<Usage5m>(modelBuilder, "usage_5m");
        Usage<Usage15m>(modelBuilder, "usage_15m");
        modelBuilder.Entity<JobRunRow>(run =>
        {
            run.ToTable("job_runs").HasKey(row => row.Id);
            run.HasIndex(row => new { row.Job, row.StartedAt });
            run.Property(row => row.Result).HasColumnType("jsonb");
        });
        modelBuilder.Entity<DataProtectionKey>().ToTable("data_protection_keys");
    }

    private static void Usage<T>(ModelBuilder modelBuilder, string table)
        where T : UsageRow =>
        modelBuilder.Entity<T>(usage =>
        {
            usage.ToTable(table).HasKey(row => new { row.Bucket, row.Domain, row.AccountId, row.KeyId, row.Owner, row.Model, row.RequestType, row.Lane });
            usage.Property(row => row.CacheCreation5mTokens).HasColumnName("cache_creation_5m_tokens");
            usage.Property(row => row.CacheCreation1hTokens).HasColumnName("cache_creation_1h_tokens");
        });
}

using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Nexus.Web.Storage;

/// <summary>The schema for the dashboard's queries and for migrations. The write path goes through COPY (<see cref="Capture"/>), not through this.</summary>
internal sealed class NexusDbContext(DbContextOptions<NexusDbContext> options) : DbContext(options), IDataProtectionKeyContext
{
    public DbSet<LedgerRow> Requests => Set<LedgerRow>();
    public DbSet<PayloadRow> Payloads => Set<PayloadRow>();
    public DbSet<PartRow> Parts => Set<PartRow>();
    public DbSet<Usage5m> Usage5m => Set<Usage5m>();
    public DbSet<Usage15m> Usage15m => Set<Usage15m>();
    public DbSet<Usage1h> Usage1h => Set<Usage1h>();
    public DbSet<Usage1d> Usage1d => Set<Usage1d>();
    public DbSet<UsageSlice> UsageSlices => Set<UsageSlice>();
    public DbSet<AccountUsageRow> AccountUsage => Set<AccountUsageRow>();
    public DbSet<ToolUsageRow> ToolUsage => Set<ToolUsageRow>();
    public DbSet<JobRunRow> JobRuns => Set<JobRunRow>();
    public DbSet<JobSettingsRow> JobSettings => Set<JobSettingsRow>();
    public DbSet<PriceListRow> PriceLists => Set<PriceListRow>();
    public DbSet<PriceRuleRow> PriceRules => Set<PriceRuleRow>();
    public DbSet<ClientKeyRow> ClientKeys => Set<ClientKeyRow>();
    public DbSet<DomainSettingsRow> DomainSettings => Set<DomainSettingsRow>();
    public DbSet<AccountWindowRow> AccountWindows => Set<AccountWindowRow>();
    public DbSet<AttemptRow> Attempts => Set<AttemptRow>();
    public DbSet<AccountStateRow> AccountStates => Set<AccountStateRow>();
    public DbSet<AccountCooldownRow> AccountCooldowns => Set<AccountCooldownRow>();
    public DbSet<CacheMissRow> CacheMisses => Set<CacheMissRow>();
    public DbSet<AuditRow> Audit => Set<AuditRow>();
    public DbSet<SessionRow> Sessions => Set<SessionRow>();
    public DbSet<ContentGrantRow> ContentGrants => Set<ContentGrantRow>();
    public DbSet<ResourceSampleRow> ResourceSamples => Set<ResourceSampleRow>();
    public DbSet<DatabaseSampleRow> DatabaseSamples => Set<DatabaseSampleRow>();
    public DbSet<AlertRuleRow> AlertRules => Set<AlertRuleRow>();
    public DbSet<AlertRow> Alerts => Set<AlertRow>();
    public DbSet<AlertSilenceRow> AlertSilences => Set<AlertSilenceRow>();
    public DbSet<AlertDeliveryRow> AlertDeliveries => Set<AlertDeliveryRow>();
    public DbSet<ReportRow> Reports => Set<ReportRow>();
    public DbSet<LimitRow> Limits => Set<LimitRow>();
    public DbSet<LimitCounterRow> LimitCounters => Set<LimitCounterRow>();
    public DbSet<LimitLeaseRow> LimitLeases => Set<LimitLeaseRow>();
    public DbSet<LimitNodeRow> LimitNodes => Set<LimitNodeRow>();
    public DbSet<LimitNoticeRow> LimitNotices => Set<LimitNoticeRow>();

    public DbSet<SavedViewRow> SavedViews => Set<SavedViewRow>();
    public DbSet<TablePreferencesRow> TablePreferences => Set<TablePreferencesRow>();

    public DbSet<ConversationRow> Conversations => Set<ConversationRow>();
    public DbSet<ConversationBranchRow> ConversationBranches => Set<ConversationBranchRow>();
    public DbSet<ConversationSessionRow> ConversationSessions => Set<ConversationSessionRow>();
    public DbSet<ConversationHookRow> ConversationHooks => Set<ConversationHookRow>();
    public DbSet<ConversationWordsRow> ConversationWords => Set<ConversationWordsRow>();
    public DbSet<AnalysisRow> Analyses => Set<AnalysisRow>();

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
            ledger.Property(row => row.EstimatedOutputTokens).HasDefaultValue(0L);
            ledger.Property(row => row.CacheSavingsMicros).HasDefaultValue(0L);
            ledger.Property(row => row.Iterations).HasColumnType("jsonb");
            ledger.Property(row => row.Policy).HasColumnType("jsonb");
        });
        modelBuilder.Entity<PayloadRow>(payload => payload.ToTable("request_payloads").HasKey(row => new { row.StartedAt, row.Id }));
        modelBuilder.Entity<PartRow>(part => part.ToTable("content_parts").HasKey(row => row.Hash));
        Rollup<Usage5m>(modelBuilder).ToTable("usage_5m");
        Rollup<Usage15m>(modelBuilder).ToTable("usage_15m");
        // A month of hours is read through this index at a third of the cost of the wide primary key.
        Rollup<Usage1h>(modelBuilder).ToTable("usage_1h").HasIndex(row => row.Bucket);
        Rollup<Usage1d>(modelBuilder).ToTable("usage_1d");
        Rollup<UsageSlice>(modelBuilder).ToTable((string?)null).ToView(null);
        modelBuilder.Entity<AccountUsageRow>().ToTable("usage_accounts_5m").HasKey(row => new { row.Bucket, row.AccountId });
        modelBuilder.Entity<JobRunRow>(run =>
        {
            run.ToTable("job_runs").HasKey(row => row.Id);
            run.HasIndex(row => new { row.Job, row.StartedAt });
            run.Property(row => row.Result).HasColumnType("jsonb");
        });
        modelBuilder.Entity<JobSettingsRow>().ToTable("job_settings").HasKey(row => row.Job);
        modelBuilder.Entity<DataProtectionKey>().ToTable("data_protection_keys");
        Administration(modelBuilder);
        Table(modelBuilder);
        Alert(modelBuilder);
        Limit(modelBuilder);
        Conversation(modelBuilder);
    }

    private static void Table(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SavedViewRow>(view =>
        {
            view.ToTable("saved_views").HasKey(row => row.Id);
            view.Property(row => row.Id).ValueGeneratedNever();
            view.HasIndex(row => new { row.Owner, row.Page, row.Name }).IsUnique();
            view.HasIndex(row => row.Page).HasFilter("shared");
        });
        modelBuilder.Entity<TablePreferencesRow>(preferences =>
        {
            preferences.ToTable("table_preferences").HasKey(row => row.Person);
            preferences.Property(row => row.Settings).HasColumnType("jsonb");
        });
    }

    private static void Conversation(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ConversationRow>(conversation =>
        {
            conversation.ToTable("conversations").HasKey(row => row.Id);
            conversation.HasIndex(row => row.LastHour);
            conversation.Property(row => row.CacheCreation5mTokens).HasColumnName("cache_creation_5m_tokens");
            conversation.Property(row => row.CacheCreation1hTokens).HasColumnName("cache_creation_1h_tokens");
        });
        modelBuilder.Entity<ConversationBranchRow>(branch =>
        {
            branch.ToTable("conversation_branches").HasKey(row => new { row.ConversationId, row.Name });
            branch.Property(row => row.CacheCreation5mTokens).HasColumnName("cache_creation_5m_tokens");
            branch.Property(row => row.CacheCreation1hTokens).HasColumnName("cache_creation_1h_tokens");
        });
        modelBuilder.Entity<ConversationSessionRow>(session =>
        {
            session.ToTable("conversation_sessions").HasKey(row => new { row.Domain, row.SessionId });
            session.HasIndex(row => row.ConversationId);
        });
        modelBuilder.Entity<ConversationHookRow>().ToTable("conversation_hooks").HasKey(row => new { row.Hash, row.RequestId, row.Position });
        modelBuilder.Entity<ConversationWordsRow>(words =>
        {
            words.ToTable("conversation_words").HasKey(row => new { row.ConversationId, row.RequestId });
            words.HasIndex(row => row.Words).HasMethod("gin");
        });
        modelBuilder.Entity<AnalysisRow>(analysis =>
        {
            analysis.ToTable("analyses").HasKey(row => row.Id);
            analysis.HasIndex(row => new { row.ConversationId, row.BranchId }).IsUnique();
            analysis.HasIndex(row => row.Status).HasFilter("status IN ('pending', 'processing')");
            analysis.Property(row => row.Data).HasColumnType("jsonb");
        });
    }

    private static void Administration(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<PriceListRow>(list =>
        {
            list.ToTable("price_lists").HasKey(row => row.Version);
            list.Property(row => row.Version).ValueGeneratedNever();
        });
        modelBuilder.Entity<PriceRuleRow>(rule =>
        {
            rule.ToTable("price_rules").HasKey(row => new { row.Version, row.Position });
            rule.Property(row => row.CacheWrite5m).HasColumnName("cache_write_5m");
            rule.Property(row => row.CacheWrite1h).HasColumnName("cache_write_1h");
        });
        modelBuilder.Entity<ClientKeyRow>(key =>
        {
            key.ToTable("client_keys").HasKey(row => row.Id);
            key.HasIndex(row => row.SecretHash).IsUnique();
        });
        modelBuilder.Entity<DomainSettingsRow>().ToTable("domain_settings").HasKey(row => row.Domain);
        modelBuilder.Entity<AccountWindowRow>().ToTable("account_windows").HasKey(row => new { row.AccountId, row.WindowName });
        modelBuilder.Entity<AttemptRow>(attempt =>
        {
            attempt.ToTable("attempts").HasKey(row => new { row.StartedAt, row.Id, row.Ordinal });
            attempt.Property(row => row.Headers).HasColumnType("jsonb");
        });
        modelBuilder.Entity<AccountStateRow>().ToTable("account_states").HasKey(row => row.AccountId);
        modelBuilder.Entity<AccountCooldownRow>().ToTable("account_cooldowns").HasKey(row => new { row.AccountId, row.Model });
        modelBuilder.Entity<CacheMissRow>().ToTable("cache_misses").HasKey(row => new { row.StartedAt, row.Id });
        modelBuilder.Entity<ToolUsageRow>().ToTable("usage_tools_15m").HasKey(row => new { row.Bucket, row.Domain, row.KeyId, row.Owner, row.Tool });
        modelBuilder.Entity<AuditRow>(audit =>
        {
            audit.ToTable("audit_log").HasKey(row => row.Id);
            audit.Property(row => row.Details).HasColumnType("jsonb");
            audit.HasIndex(row => row.At);
        });
        modelBuilder.Entity<SessionRow>(session =>
        {
            session.ToTable("dashboard_sessions").HasKey(row => row.Id);
            session.HasIndex(row => row.CreatedAt);
        });
        modelBuilder.Entity<ContentGrantRow>(grant =>
        {
            grant.ToTable("content_grants").HasKey(row => row.Id);
            grant.HasIndex(row => row.EndsAt);
        });
        modelBuilder.Entity<ResourceSampleRow>().ToTable("resource_samples").HasKey(row => new { row.SpanMinutes, row.At, row.Node });
        modelBuilder.Entity<DatabaseSampleRow>(sample =>
        {
            sample.ToTable("database_samples").HasKey(row => new { row.SpanMinutes, row.At });
            sample.Property(row => row.Tables).HasColumnType("jsonb");
        });
    }

    private static void Alert(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<AlertRuleRow>().ToTable("alert_rules").HasKey(row => row.Rule);
        modelBuilder.Entity<AlertRow>(alert =>
        {
            alert.ToTable("alerts").HasKey(row => row.Id);
            alert.HasIndex(row => new { row.Rule, row.Subject }).IsUnique().HasFilter("state <> 'resolved'");
            alert.HasIndex(row => row.StartedAt);
        });
        modelBuilder.Entity<AlertSilenceRow>(silence =>
        {
            silence.ToTable("alert_silences").HasKey(row => row.Id);
            silence.HasIndex(row => row.EndsAt);
        });
        modelBuilder.Entity<AlertDeliveryRow>(delivery =>
        {
            delivery.ToTable("alert_deliveries").HasKey(row => row.Id);
            delivery.Property(row => row.Message).HasColumnType("jsonb");
            delivery.HasIndex(row => row.CreatedAt);
            delivery.HasIndex(row => row.NextAt).HasFilter("state = 'waiting'");
        });
        modelBuilder.Entity<AlertBeatRow>(beat =>
        {
            beat.ToTable("alert_beat").HasKey(row => row.Id);
            beat.Property(row => row.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<ReportRow>(report =>
        {
            report.ToTable("reports").HasKey(row => row.Id);
            report.Property(row => row.Content).HasColumnType("jsonb");
            report.HasIndex(row => new { row.Kind, row.FromAt }).IsUnique();
        });
    }

    private static void Limit(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<LimitRow>().ToTable("limits").HasKey(row => row.Id);
        modelBuilder.Entity<LimitCounterRow>(counter =>
        {
            counter.ToTable("limit_counters").HasKey(row => new { row.LimitId, row.Subject, row.PeriodStart });
            counter.HasOne<LimitRow>().WithMany().HasForeignKey(row => row.LimitId);
            counter.HasIndex(row => row.PeriodEnd);
            counter.Property(row => row.CreatedAt).HasDefaultValueSql("now()");
        });
        modelBuilder.Entity<LimitLeaseRow>(lease =>
        {
            lease.ToTable("limit_leases").HasKey(row => new { row.LimitId, row.Subject, row.NodeId });
            // Not bound to limits: those of the variables are in no table.
            lease.HasOne<LimitNodeRow>().WithMany().HasForeignKey(row => row.NodeId);
        });
        modelBuilder.Entity<LimitNodeRow>().ToTable("limit_nodes").HasKey(row => row.Id);
        modelBuilder.Entity<LimitNoticeRow>(notice =>
        {
            notice.ToTable("limit_notices").HasKey(row => new { row.LimitId, row.Subject, row.PeriodStart, row.Threshold });
            notice.HasOne<LimitRow>().WithMany().HasForeignKey(row => row.LimitId);
        });
        modelBuilder.Entity<ChangedHourRow>().ToTable("usage_changed_hours").HasKey(row => row.Hour);
    }

    private static EntityTypeBuilder<T> Rollup<T>(ModelBuilder modelBuilder)
        where T : UsageRow
    {
        var usage = modelBuilder.Entity<T>();
        usage.HasKey(row => new { row.Bucket, row.Domain, row.AccountId, row.KeyId, row.Owner, row.Model, row.RequestType, row.Lane });
        usage.Property(row => row.CacheCreation5mTokens).HasColumnName("cache_creation_5m_tokens");
        usage.Property(row => row.CacheCreation1hTokens).HasColumnName("cache_creation_1h_tokens");
        // Added later: nodes of the version before still write rows without them.
        usage.Property(row => row.EstimatedOutputTokens).HasDefaultValue(0L);
        usage.Property(row => row.EstimatedCostMicros).HasDefaultValue(0L);
        usage.Property(row => row.CacheSavingsMicros).HasDefaultValue(0L);
        usage.Property(row => row.UnpricedRequests).HasDefaultValue(0L);
        usage.Property(row => row.RateLimitWarnings).HasDefaultValue(0L);
        return usage;
    }
}

using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class Usage : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "cache_savings_micros",
                table: "usage_5m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "estimated_cost_micros",
                table: "usage_5m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "estimated_output_tokens",
                table: "usage_5m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "rate_limit_warnings",
                table: "usage_5m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "unpriced_requests",
                table: "usage_5m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "cache_savings_micros",
                table: "usage_15m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "estimated_cost_micros",
                table: "usage_15m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "estimated_output_tokens",
                table: "usage_15m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "rate_limit_warnings",
                table: "usage_15m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "unpriced_requests",
                table: "usage_15m",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "cache_savings_micros",
                table: "requests",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "cost_estimate",
                table: "requests",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "estimated_output_tokens",
                table: "requests",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "iterations",
                table: "requests",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "policy",
                table: "requests",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "rate_limit_status",
                table: "requests",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "account_windows",
                columns: table => new
                {
                    account_id = table.Column<string>(type: "text", nullable: false),
                    window_name = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: true),
                    utilization = table.Column<double>(type: "double precision", nullable: true),
                    resets_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    observed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_account_windows", x => new { x.account_id, x.window_name });
                });

            migrationBuilder.CreateTable(
                name: "audit_log",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor = table.Column<string>(type: "text", nullable: false),
                    address = table.Column<string>(type: "text", nullable: true),
                    action = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    details = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_log", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "cache_misses",
                columns: table => new
                {
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    previous_id = table.Column<Guid>(type: "uuid", nullable: false),
                    previous_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    domain = table.Column<string>(type: "text", nullable: false),
                    account_id = table.Column<string>(type: "text", nullable: true),
                    key_id = table.Column<string>(type: "text", nullable: true),
                    owner = table.Column<string>(type: "text", nullable: true),
                    session_id = table.Column<string>(type: "text", nullable: false),
                    agent_id = table.Column<string>(type: "text", nullable: true),
                    model = table.Column<string>(type: "text", nullable: true),
                    cause = table.Column<string>(type: "text", nullable: false),
                    changed_part = table.Column<string>(type: "text", nullable: true),
                    missed_tokens = table.Column<long>(type: "bigint", nullable: false),
                    wasted_micros = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cache_misses", x => new { x.started_at, x.id });
                });

            migrationBuilder.CreateTable(
                name: "client_keys",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    secret_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    hint = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    domain = table.Column<string>(type: "text", nullable: false),
                    allowed_models = table.Column<string[]>(type: "text[]", nullable: true),
                    capture = table.Column<string>(type: "text", nullable: true),
                    capture_reason = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_by = table.Column<string>(type: "text", nullable: true),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    rotated_from = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_client_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "domain_settings",
                columns: table => new
                {
                    domain = table.Column<string>(type: "text", nullable: false),
                    capture = table.Column<string>(type: "text", nullable: false),
                    capture_reason = table.Column<string>(type: "text", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_by = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_domain_settings", x => x.domain);
                });

            migrationBuilder.CreateTable(
                name: "price_lists",
                columns: table => new
                {
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    note = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_lists", x => x.version);
                });

            migrationBuilder.CreateTable(
                name: "price_rules",
                columns: table => new
                {
                    version = table.Column<int>(type: "integer", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    pattern = table.Column<string>(type: "text", nullable: false),
                    served_from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    served_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    prompt_above = table.Column<long>(type: "bigint", nullable: true),
                    input = table.Column<long>(type: "bigint", nullable: false),
                    output = table.Column<long>(type: "bigint", nullable: false),
                    cache_read = table.Column<long>(type: "bigint", nullable: false),
                    cache_write_5m = table.Column<long>(type: "bigint", nullable: false),
                    cache_write_1h = table.Column<long>(type: "bigint", nullable: false),
                    fallback = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_rules", x => new { x.version, x.position });
                });

            migrationBuilder.CreateTable(
                name: "usage_tools_15m",
                columns: table => new
                {
                    bucket = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    domain = table.Column<string>(type: "text", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    tool = table.Column<string>(type: "text", nullable: false),
                    calls = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_tools_15m", x => new { x.bucket, x.domain, x.key_id, x.owner, x.tool });
                });

            migrationBuilder.CreateIndex(
                name: "ix_audit_log_at",
                table: "audit_log",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_client_keys_secret_hash",
                table: "client_keys",
                column: "secret_hash",
                unique: true);

            // The first price list: millionths of a US dollar per million tokens. Sonnet 5's first rule is its introductory price.
            migrationBuilder.Sql("""
                INSERT INTO price_lists (version, created_at, created_by, note) VALUES (1, now(), 'nexus', 'Prices that Nexus ships with.');
                INSERT INTO price_rules (version, position, pattern, served_until, input, output, cache_read, cache_write_5m, cache_write_1h, fallback) VALUES
                    (1, 1, 'claude-(fable|mythos)-5|claude-mythos-preview', NULL, 10000000, 50000000, 1000000, 12500000, 20000000, false),
                    (1, 2, 'claude-opus-5', NULL, 5000000, 25000000, 500000, 6250000, 10000000, false),
                    (1, 3, 'claude-opus-4-[5678]', NULL, 5000000, 25000000, 500000, 6250000, 10000000, false),
                    (1, 4, 'claude-opus-4|claude-3-opus|claude-4.*opus', NULL, 15000000, 75000000, 1500000, 18750000, 30000000, false),
                    (1, 5, 'claude-sonnet-5', '2026-09-01T00:00:00Z', 2000000, 10000000, 200000, 2500000, 4000000, false),
                    (1, 6, 'claude-sonnet-5', NULL, 3000000, 15000000, 300000, 3750000, 6000000, false),
                    (1, 7, 'claude-sonnet-4|claude-3.*sonnet|claude-4.*sonnet', NULL, 3000000, 15000000, 300000, 3750000, 6000000, false),
                    (1, 8, 'claude-haiku-4', NULL, 1000000, 5000000, 100000, 1250000, 2000000, false),
                    (1, 9, 'claude-3-5-haiku|claude-3\.5.*haiku', NULL, 800000, 4000000, 80000, 1000000, 1600000, false),
                    (1, 10, 'claude-3.*haiku', NULL, 250000, 1250000, 30000, 300000, 500000, false),
                    (1, 11, 'claude-2', NULL, 8000000, 24000000, 800000, 10000000, 16000000, false),
                    (1, 12, '.*', NULL, 3000000, 15000000, 300000, 3750000, 6000000, true);
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "account_windows");

            migrationBuilder.DropTable(
                name: "audit_log");

            migrationBuilder.DropTable(
                name: "cache_misses");

            migrationBuilder.DropTable(
                name: "client_keys");

            migrationBuilder.DropTable(
                name: "domain_settings");

            migrationBuilder.DropTable(
                name: "price_lists");

            migrationBuilder.DropTable(
                name: "price_rules");

            migrationBuilder.DropTable(
                name: "usage_tools_15m");

            migrationBuilder.DropColumn(
                name: "cache_savings_micros",
                table: "usage_5m");

            migrationBuilder.DropColumn(
                name: "estimated_cost_micros",
                table: "usage_5m");

            migrationBuilder.DropColumn(
                name: "estimated_output_tokens",
                table: "usage_5m");

            migrationBuilder.DropColumn(
                name: "rate_limit_warnings",
                table: "usage_5m");

            migrationBuilder.DropColumn(
                name: "unpriced_requests",
                table: "usage_5m");

            migrationBuilder.DropColumn(
                name: "cache_savings_micros",
                table: "usage_15m");

            migrationBuilder.DropColumn(
                name: "estimated_cost_micros",
                table: "usage_15m");

            migrationBuilder.DropColumn(
                name: "estimated_output_tokens",
                table: "usage_15m");

            migrationBuilder.DropColumn(
                name: "rate_limit_warnings",
                table: "usage_15m");

            migrationBuilder.DropColumn(
                name: "unpriced_requests",
                table: "usage_15m");

            migrationBuilder.DropColumn(
                name: "cache_savings_micros",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "cost_estimate",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "estimated_output_tokens",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "iterations",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "policy",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "rate_limit_status",
                table: "requests");
        }
    }
}

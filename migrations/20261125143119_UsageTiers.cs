using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class UsageTiers : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "usage_1d",
                columns: table => new
                {
                    bucket = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    domain = table.Column<string>(type: "text", nullable: false),
                    account_id = table.Column<string>(type: "text", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    model = table.Column<string>(type: "text", nullable: false),
                    request_type = table.Column<string>(type: "text", nullable: false),
                    lane = table.Column<string>(type: "text", nullable: false),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    errors = table.Column<long>(type: "bigint", nullable: false),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_creation_5m_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_creation_1h_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_read_tokens = table.Column<long>(type: "bigint", nullable: false),
                    tool_calls = table.Column<long>(type: "bigint", nullable: false),
                    estimated_output_tokens = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    cost_micros = table.Column<long>(type: "bigint", nullable: false),
                    estimated_cost_micros = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    cache_savings_micros = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    unpriced_requests = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    rate_limit_warnings = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    duration_ms = table.Column<long>(type: "bigint", nullable: false),
                    last_request_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_1d", x => new { x.bucket, x.domain, x.account_id, x.key_id, x.owner, x.model, x.request_type, x.lane });
                });

            migrationBuilder.CreateTable(
                name: "usage_1h",
                columns: table => new
                {
                    bucket = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    domain = table.Column<string>(type: "text", nullable: false),
                    account_id = table.Column<string>(type: "text", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    model = table.Column<string>(type: "text", nullable: false),
                    request_type = table.Column<string>(type: "text", nullable: false),
                    lane = table.Column<string>(type: "text", nullable: false),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    errors = table.Column<long>(type: "bigint", nullable: false),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_creation_5m_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_creation_1h_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_read_tokens = table.Column<long>(type: "bigint", nullable: false),
                    tool_calls = table.Column<long>(type: "bigint", nullable: false),
                    estimated_output_tokens = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    cost_micros = table.Column<long>(type: "bigint", nullable: false),
                    estimated_cost_micros = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    cache_savings_micros = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    unpriced_requests = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    rate_limit_warnings = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    duration_ms = table.Column<long>(type: "bigint", nullable: false),
                    last_request_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_1h", x => new { x.bucket, x.domain, x.account_id, x.key_id, x.owner, x.model, x.request_type, x.lane });
                });

            migrationBuilder.CreateTable(
                name: "usage_accounts_5m",
                columns: table => new
                {
                    bucket = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    account_id = table.Column<string>(type: "text", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    rate_limit_warnings = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_accounts_5m", x => new { x.bucket, x.account_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_usage_1h_bucket",
                table: "usage_1h",
                column: "bucket");

            // The lock of Usage/Accounting: nodes of the version before add to the finer rollups meanwhile. What they add later, the job "reconcile" carries on.
            // Rows of the current hour and day change with every batch: room in their pages spares the index.
            migrationBuilder.Sql("""
                SELECT pg_advisory_xact_lock(31073815479123969);
                ALTER TABLE usage_1h SET (fillfactor = 80);
                ALTER TABLE usage_1d SET (fillfactor = 80);
                ALTER TABLE usage_accounts_5m SET (fillfactor = 80);
                INSERT INTO usage_1h (bucket, domain, account_id, key_id, owner, model, request_type, lane, requests, errors, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, tool_calls, estimated_output_tokens, cost_micros, estimated_cost_micros, cache_savings_micros, unpriced_requests, rate_limit_warnings, duration_ms, last_request_at)
                    SELECT date_bin('1 hour', bucket, '2000-01-01Z'), domain, account_id, key_id, owner, model, request_type, lane, sum(requests), sum(errors), sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens), sum(cache_read_tokens), sum(tool_calls), sum(estimated_output_tokens), sum(cost_micros), sum(estimated_cost_micros), sum(cache_savings_micros), sum(unpriced_requests), sum(rate_limit_warnings), sum(duration_ms), max(last_request_at) FROM usage_15m GROUP BY 1, domain, account_id, key_id, owner, model, request_type, lane;
                INSERT INTO usage_1d (bucket, domain, account_id, key_id, owner, model, request_type, lane, requests, errors, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, tool_calls, estimated_output_tokens, cost_micros, estimated_cost_micros, cache_savings_micros, unpriced_requests, rate_limit_warnings, duration_ms, last_request_at)
                    SELECT date_bin('1 day', bucket, '2000-01-01Z'), domain, account_id, key_id, owner, model, request_type, lane, sum(requests), sum(errors), sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens), sum(cache_read_tokens), sum(tool_calls), sum(estimated_output_tokens), sum(cost_micros), sum(estimated_cost_micros), sum(cache_savings_micros), sum(unpriced_requests), sum(rate_limit_warnings), sum(duration_ms), max(last_request_at) FROM usage_1h GROUP BY 1, domain, account_id, key_id, owner, model, request_type, lane;
                INSERT INTO usage_accounts_5m (bucket, account_id, output_tokens, rate_limit_warnings)
                    SELECT bucket, account_id, sum(output_tokens), sum(rate_limit_warnings) FROM usage_5m WHERE account_id <> '' GROUP BY 1, 2;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "usage_1d");

            migrationBuilder.DropTable(
                name: "usage_1h");

            migrationBuilder.DropTable(
                name: "usage_accounts_5m");
        }
    }
}

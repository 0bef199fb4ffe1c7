using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class Limits : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "limit_nodes",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_limit_nodes", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "limits",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    scope = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    unit = table.Column<string>(type: "text", nullable: false),
                    amount = table.Column<long>(type: "bigint", nullable: true),
                    period = table.Column<string>(type: "text", nullable: false),
                    week_start = table.Column<short>(type: "smallint", nullable: false),
                    time_zone = table.Column<string>(type: "text", nullable: false),
                    hard = table.Column<bool>(type: "boolean", nullable: false),
                    thresholds = table.Column<int[]>(type: "integer[]", nullable: false),
                    requests_per_minute = table.Column<int>(type: "integer", nullable: true),
                    tokens_per_minute = table.Column<long>(type: "bigint", nullable: true),
                    concurrent_streams = table.Column<int>(type: "integer", nullable: true),
                    raise_amount = table.Column<long>(type: "bigint", nullable: true),
                    raised_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    raise_reason = table.Column<string>(type: "text", nullable: true),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                    starts_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_limits", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "usage_changed_hours",
                columns: table => new
                {
                    hour = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_changed_hours", x => x.hour);
                });

            migrationBuilder.CreateTable(
                name: "limit_counters",
                columns: table => new
                {
                    limit_id = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    period_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    period_end = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    micros = table.Column<long>(type: "bigint", nullable: false),
                    tokens = table.Column<long>(type: "bigint", nullable: false),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_limit_counters", x => new { x.limit_id, x.subject, x.period_start });
                    table.ForeignKey(
                        name: "fk_limit_counters_limits_limit_id",
                        column: x => x.limit_id,
                        principalTable: "limits",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "limit_leases",
                columns: table => new
                {
                    limit_id = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    node_id = table.Column<Guid>(type: "uuid", nullable: false),
                    period_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    amount = table.Column<long>(type: "bigint", nullable: false),
                    reserved = table.Column<long>(type: "bigint", nullable: false),
                    wanted = table.Column<long>(type: "bigint", nullable: false),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    tokens = table.Column<long>(type: "bigint", nullable: false),
                    streams = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_limit_leases", x => new { x.limit_id, x.subject, x.node_id });
                    table.ForeignKey(
                        name: "fk_limit_leases_limit_nodes_node_id",
                        column: x => x.node_id,
                        principalTable: "limit_nodes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "limit_notices",
                columns: table => new
                {
                    limit_id = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    period_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    threshold = table.Column<int>(type: "integer", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    used = table.Column<long>(type: "bigint", nullable: false),
                    budget = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_limit_notices", x => new { x.limit_id, x.subject, x.period_start, x.threshold });
                    table.ForeignKey(
                        name: "fk_limit_notices_limits_limit_id",
                        column: x => x.limit_id,
                        principalTable: "limits",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_limit_counters_period_end",
                table: "limit_counters",
                column: "period_end");

            migrationBuilder.CreateIndex(
                name: "ix_limit_leases_node_id",
                table: "limit_leases",
                column: "node_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "limit_counters");

            migrationBuilder.DropTable(
                name: "limit_leases");

            migrationBuilder.DropTable(
                name: "limit_notices");

            migrationBuilder.DropTable(
                name: "usage_changed_hours");

            migrationBuilder.DropTable(
                name: "limit_nodes");

            migrationBuilder.DropTable(
                name: "limits");
        }
    }
}

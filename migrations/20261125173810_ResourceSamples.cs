using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class ResourceSamples : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "database_samples",
                columns: table => new
                {
                    span_minutes = table.Column<short>(type: "smallint", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    connections = table.Column<int>(type: "integer", nullable: false),
                    active = table.Column<int>(type: "integer", nullable: false),
                    max_connections = table.Column<int>(type: "integer", nullable: false),
                    disk_free_bytes = table.Column<long>(type: "bigint", nullable: true),
                    disk_bytes = table.Column<long>(type: "bigint", nullable: true),
                    tables = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_database_samples", x => new { x.span_minutes, x.at });
                });

            migrationBuilder.CreateTable(
                name: "resource_samples",
                columns: table => new
                {
                    span_minutes = table.Column<short>(type: "smallint", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    node = table.Column<string>(type: "text", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    cpu = table.Column<double>(type: "double precision", nullable: false),
                    cpu_most = table.Column<double>(type: "double precision", nullable: false),
                    group_cpu = table.Column<double>(type: "double precision", nullable: true),
                    cpu_limit = table.Column<double>(type: "double precision", nullable: false),
                    throttled = table.Column<double>(type: "double precision", nullable: true),
                    memory_bytes = table.Column<long>(type: "bigint", nullable: false),
                    memory_most = table.Column<long>(type: "bigint", nullable: false),
                    group_memory_bytes = table.Column<long>(type: "bigint", nullable: true),
                    memory_limit_bytes = table.Column<long>(type: "bigint", nullable: false),
                    heap_bytes = table.Column<long>(type: "bigint", nullable: false),
                    allocated_per_second = table.Column<double>(type: "double precision", nullable: false),
                    gc_pause = table.Column<double>(type: "double precision", nullable: false),
                    full_collections = table.Column<int>(type: "integer", nullable: false),
                    threads = table.Column<int>(type: "integer", nullable: false),
                    queued_work = table.Column<long>(type: "bigint", nullable: false),
                    sockets = table.Column<int>(type: "integer", nullable: false),
                    open_files = table.Column<int>(type: "integer", nullable: false),
                    disk_free_bytes = table.Column<long>(type: "bigint", nullable: false),
                    disk_bytes = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_resource_samples", x => new { x.span_minutes, x.at, x.node });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "database_samples");

            migrationBuilder.DropTable(
                name: "resource_samples");
        }
    }
}

using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class JobSettings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "log",
                table: "job_runs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "progress",
                table: "job_runs",
                type: "double precision",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "job_settings",
                columns: table => new
                {
                    job = table.Column<string>(type: "text", nullable: false),
                    cron = table.Column<string>(type: "text", nullable: false),
                    window_opens = table.Column<TimeOnly>(type: "time without time zone", nullable: true),
                    window_closes = table.Column<TimeOnly>(type: "time without time zone", nullable: true),
                    time_box_minutes = table.Column<int>(type: "integer", nullable: false),
                    retry_attempts = table.Column<int>(type: "integer", nullable: false),
                    retry_after_seconds = table.Column<int>(type: "integer", nullable: false),
                    paused = table.Column<bool>(type: "boolean", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_by = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_settings", x => x.job);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "job_settings");

            migrationBuilder.DropColumn(
                name: "log",
                table: "job_runs");

            migrationBuilder.DropColumn(
                name: "progress",
                table: "job_runs");
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class FailedRequests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("""
                -- The overview and the daily report count errors of one or two days: few of very many requests. Those of Capture/Outcomes.Failed.
                CREATE INDEX ix_requests_failed ON requests (started_at) WHERE outcome IN ('upstream_error', 'upstream_cut', 'upstream_timeout', 'refused', 'interrupted');
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP INDEX ix_requests_failed;");
        }
    }
}

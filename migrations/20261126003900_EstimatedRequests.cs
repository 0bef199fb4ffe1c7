using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class EstimatedRequests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("""
                -- Lists of conversations mark costs that are partly estimates: of each conversation on a page, few requests of many.
                CREATE INDEX ix_requests_estimated ON requests (conversation_id, started_at) WHERE cost_estimate IS NOT NULL;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP INDEX ix_requests_estimated;");
        }
    }
}

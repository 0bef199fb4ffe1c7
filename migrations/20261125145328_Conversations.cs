using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NpgsqlTypes;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class Conversations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "answer_hash",
                table: "requests",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "attempt_of",
                table: "requests",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "missing_parent",
                table: "requests",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "person",
                table: "requests",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "prefix_hash",
                table: "requests",
                type: "bigint",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "conversation_branches",
                columns: table => new
                {
                    conversation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    requests = table.Column<int>(type: "integer", nullable: false),
                    tool_calls = table.Column<int>(type: "integer", nullable: false),
                    errors = table.Column<int>(type: "integer", nullable: false),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_creation_5m_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_creation_1h_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_read_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cost_micros = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_conversation_branches", x => new { x.conversation_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "conversation_hooks",
                columns: table => new
                {
                    hash = table.Column<long>(type: "bigint", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<short>(type: "smallint", nullable: false),
                    claimed_by = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_conversation_hooks", x => new { x.hash, x.request_id, x.position });
                });

            migrationBuilder.CreateTable(
                name: "conversation_sessions",
                columns: table => new
                {
                    domain = table.Column<string>(type: "text", nullable: false),
                    session_id = table.Column<string>(type: "text", nullable: false),
                    conversation_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_conversation_sessions", x => new { x.domain, x.session_id });
                });

            migrationBuilder.CreateTable(
                name: "conversation_words",
                columns: table => new
                {
                    conversation_id = table.Column<Guid>(type: "uuid", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    words = table.Column<NpgsqlTsVector>(type: "tsvector", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_conversation_words", x => new { x.conversation_id, x.request_id });
                });

            migrationBuilder.CreateTable(
                name: "conversations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    domain = table.Column<string>(type: "text", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_hour = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    title = table.Column<string>(type: "text", nullable: true),
                    owners = table.Column<string[]>(type: "text[]", nullable: false),
                    key_ids = table.Column<string[]>(type: "text[]", nullable: false),
                    accounts = table.Column<string[]>(type: "text[]", nullable: false),
                    models = table.Column<string[]>(type: "text[]", nullable: false),
                    latest_id = table.Column<Guid>(type: "uuid", nullable: true),
                    latest_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    latest_model = table.Column<string>(type: "text", nullable: true),
                    context_tokens = table.Column<long>(type: "bigint", nullable: false),
                    requests = table.Column<int>(type: "integer", nullable: false),
                    turns = table.Column<int>(type: "integer", nullable: false),
                    tool_calls = table.Column<int>(type: "integer", nullable: false),
                    errors = table.Column<int>(type: "integer", nullable: false),
                    subagents = table.Column<int>(type: "integer", nullable: false),
                    compactions = table.Column<int>(type: "integer", nullable: false),
                    forks = table.Column<int>(type: "integer", nullable: false),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_creation_5m_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_creation_1h_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cache_read_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cost_micros = table.Column<long>(type: "bigint", nullable: false),
                    duration_ms = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_conversations", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_conversation_sessions_conversation_id",
                table: "conversation_sessions",
                column: "conversation_id");

            migrationBuilder.CreateIndex(
                name: "ix_conversation_words_words",
                table: "conversation_words",
                column: "words")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_conversations_last_hour",
                table: "conversations",
                column: "last_hour");

            migrationBuilder.Sql("""
                -- By these ingest finds the request that another goes on from. What is in no conversation costs nothing in them.
                CREATE INDEX ix_requests_prefix_hash ON requests (prefix_hash, answer_hash) WHERE prefix_hash IS NOT NULL;
                CREATE INDEX ix_requests_missing_parent ON requests (missing_parent) WHERE missing_parent IS NOT NULL;
                -- The conversation's first request is found by its id.
                CREATE INDEX ix_requests_conversation_id ON requests (conversation_id, started_at) WHERE conversation_id <> id;
                -- Requests that are a conversation by themselves.
                CREATE INDEX ix_requests_single ON requests (started_at) WHERE conversation_id IS NULL AND prefix_hash IS NOT NULL;
                -- Each turn changes its conversation: room on the page keeps that from touching the indexes.
                ALTER TABLE conversations SET (fillfactor = 70);
                ALTER TABLE conversation_branches SET (fillfactor = 70);
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP INDEX ix_requests_prefix_hash, ix_requests_missing_parent, ix_requests_conversation_id, ix_requests_single;");

            migrationBuilder.DropTable(
                name: "conversation_branches");

            migrationBuilder.DropTable(
                name: "conversation_hooks");

            migrationBuilder.DropTable(
                name: "conversation_sessions");

            migrationBuilder.DropTable(
                name: "conversation_words");

            migrationBuilder.DropTable(
                name: "conversations");

            migrationBuilder.DropColumn(
                name: "answer_hash",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "attempt_of",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "missing_parent",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "person",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "prefix_hash",
                table: "requests");
        }
    }
}

using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class OldNames : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // What operators of the older system have saved goes on answering. Bodies and headers are not rows here; the join with one
            // row makes the view read-only, and costs the planner nothing. In a database of the older system its own tables stay.
            migrationBuilder.Sql("""
                DO $do$ BEGIN
                    IF to_regclass('api_requests') IS NULL THEN
                        CREATE VIEW api_requests AS
                        SELECT r.id AS request_id, r.domain, r.started_at AS "timestamp", r.method, r.path,
                            NULL::jsonb AS headers, NULL::jsonb AS body, NULL::varchar(50) AS api_key_hash,
                            r.model_requested AS model, r.request_type, r.status::integer AS response_status,
                            NULL::jsonb AS response_headers, NULL::jsonb AS response_body, r.streaming AS response_streaming,
                            r.input_tokens, r.output_tokens, r.input_tokens + r.output_tokens AS total_tokens,
                            r.cache_creation_5m_tokens + r.cache_creation_1h_tokens AS cache_creation_input_tokens, r.cache_read_tokens AS cache_read_input_tokens,
                            NULL::jsonb AS usage_data, r.first_token_ms, r.duration_ms, r.error_message AS error, r.tool_calls AS tool_call_count,
                            NULL::char(64) AS current_message_hash, NULL::char(64) AS parent_message_hash,
                            r.conversation_id, coalesce(r.branch_id, 'main') AS branch_id, r.message_count,
                            NULL::uuid AS parent_task_request_id, r.lane = 'subagent' AS is_subtask, NULL::jsonb AS task_tool_invocation,
                            r.account_id, r.parent_id AS parent_request_id, NULL::varchar(64) AS system_hash, r.started_at AS created_at
                        FROM requests r CROSS JOIN (VALUES (1)) AS read_only (one);
                        COMMENT ON VIEW api_requests IS 'The ledger under the older system''s names, for saved queries. Read-only; bodies are at /api/requests/{id}/body.';
                    END IF;
                    IF to_regclass('streaming_chunks') IS NULL THEN
                        CREATE VIEW streaming_chunks AS
                        SELECT NULL::integer AS id, NULL::uuid AS request_id, NULL::integer AS chunk_index, NULL::timestamptz AS "timestamp", NULL::text AS data,
                            NULL::integer AS token_count, NULL::timestamptz AS created_at
                        WHERE false;
                        COMMENT ON VIEW streaming_chunks IS 'Always empty, as in the older system.';
                    END IF;
                END $do$;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("""
                DO $do$ BEGIN
                    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass('streaming_chunks')) = 'v' THEN DROP VIEW streaming_chunks; END IF;
                    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass('api_requests')) = 'v' THEN DROP VIEW api_requests; END IF;
                END $do$;
                """);
        }
    }
}

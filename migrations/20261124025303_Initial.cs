using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Nexus.Web.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "content_parts",
                columns: table => new
                {
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    data = table.Column<byte[]>(type: "bytea", nullable: false),
                    size = table.Column<int>(type: "integer", nullable: false),
                    last_seen = table.Column<DateOnly>(type: "date", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_content_parts", x => x.hash);
                });

            migrationBuilder.CreateTable(
                name: "data_protection_keys",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    friendly_name = table.Column<string>(type: "text", nullable: true),
                    xml = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_protection_keys", x => x.id);
                });

            // EF Core knows no declarative partitioning: both tables are written out. Columns must match the model snapshot.
            migrationBuilder.Sql("""
                CREATE TABLE requests (
                    started_at timestamptz NOT NULL,
                    id uuid NOT NULL,
                    domain text NOT NULL,
                    method text NOT NULL,
                    path text NOT NULL,
                    outcome text NOT NULL,
                    status smallint,
                    account_id text,
                    key_id text,
                    owner text,
                    model_requested text,
                    model_served text,
                    request_type text,
                    lane text NOT NULL,
                    streaming boolean NOT NULL,
                    input_tokens bigint NOT NULL,
                    output_tokens bigint NOT NULL,
                    cache_creation_5m_tokens bigint NOT NULL,
                    cache_creation_1h_tokens bigint NOT NULL,
                    cache_read_tokens bigint NOT NULL,
                    cost_micros bigint,
                    price_version integer,
                    first_byte_ms integer,
                    first_token_ms integer,
                    duration_ms integer NOT NULL,
                    tool_calls integer NOT NULL,
                    stop_reason text,
                    message_count integer NOT NULL,
                    conversation_id uuid,
                    branch_id text,
                    parent_id uuid,
                    session_id text,
                    agent_id text,
                    parent_agent_id text,
                    client text,
                    upstream_request_id text,
                    message_id text,
                    body_hash bytea,
                    request_bytes bigint NOT NULL,
                    response_bytes bigint NOT NULL,
                    error_type text,
                    error_message text,
                    payload text NOT NULL,
                    CONSTRAINT pk_requests PRIMARY KEY (started_at, id)
                ) PARTITION BY RANGE (started_at);
                CREATE INDEX ix_requests_domain_started_at ON requests (domain, started_at);
                CREATE TABLE requests_default PARTITION OF requests DEFAULT;

                CREATE TABLE request_payloads (
                    started_at timestamptz NOT NULL,
                    id uuid NOT NULL,
                    base_id uuid,
                    prefix_kept integer NOT NULL,
                    parts bytea NOT NULL,
                    request_headers bytea,
                    response_headers bytea,
                    response bytea,
                    arrivals bytea,
                    message bytea,
                    CONSTRAINT pk_request_payloads PRIMARY KEY (started_at, id)
                ) PARTITION BY RANGE (started_at);
                CREATE TABLE request_payloads_default PARTITION OF request_payloads DEFAULT;

                -- What is stored in these is zstd already: PostgreSQL need not try again.
                ALTER TABLE request_payloads ALTER COLUMN response SET STORAGE EXTERNAL, ALTER COLUMN message SET STORAGE EXTERNAL, ALTER COLUMN parts SET STORAGE EXTERNAL;
                ALTER TABLE content_parts ALTER COLUMN data SET STORAGE EXTERNAL;

                -- Makes the ledger's and the payloads' partition of the month of "at" (UTC). Rows of that month already in the default partition stay there, and the month with them.
                CREATE FUNCTION nexus_ensure_month(at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
                DECLARE
                    first timestamptz := date_trunc('month', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
                    past timestamptz := (date_trunc('month', at AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
                    suffix text := to_char(at AT TIME ZONE 'UTC', 'YYYY_MM');
                    parent text;
                    taken boolean;
                BEGIN
                    FOREACH parent IN ARRAY ARRAY['requests', 'request_payloads'] LOOP
                        IF to_regclass(parent || '_' || suffix) IS NULL THEN
                            EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE started_at >= %L AND started_at < %L)', parent || '_default', first, past) INTO taken;
                            IF NOT taken THEN
                                EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', parent || '_' || suffix, parent, first, past);
                            END IF;
                        END IF;
                    END LOOP;
                END $$;

                -- Adds two histograms position by position; a shorter one counts as padded with zeroes.
                CREATE FUNCTION nexus_add(a bigint[], b bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                    SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY position)
                    FROM unnest(a, b) WITH ORDINALITY AS pairs(x, y, position)
                $$;
                """);

            migrationBuilder.CreateTable(
                name: "usage_15m",
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
                    cost_micros = table.Column<long>(type: "bigint", nullable: false),
                    duration_ms = table.Column<long>(type: "bigint", nullable: false),
                    duration_histogram = table.Column<long[]>(type: "bigint[]", nullable: false),
                    first_byte_histogram = table.Column<long[]>(type: "bigint[]", nullable: false),
                    last_request_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_15m", x => new { x.bucket, x.domain, x.account_id, x.key_id, x.owner, x.model, x.request_type, x.lane });
                });

            migrationBuilder.CreateTable(
                name: "usage_5m",
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
                    cost_micros = table.Column<long>(type: "bigint", nullable: false),
                    duration_ms = table.Column<long>(type: "bigint", nullable: false),
                    duration_histogram = table.Column<long[]>(type: "bigint[]", nullable: false),
                    first_byte_histogram = table.Column<long[]>(type: "bigint[]", nullable: false),
                    last_request_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_usage_5m", x => new { x.bucket, x.domain, x.account_id, x.key_id, x.owner, x.model, x.request_type, x.lane });
                });

        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION nexus_ensure_month(timestamptz); DROP FUNCTION nexus_add(bigint[], bigint[]);");

            migrationBuilder.DropTable(
                name: "content_parts");

            migrationBuilder.DropTable(
                name: "data_protection_keys");

            migrationBuilder.DropTable(
                name: "request_payloads");

            migrationBuilder.DropTable(
                name: "requests");

            migrationBuilder.DropTable(
                name: "usage_15m");

            migrationBuilder.DropTable(
                name: "usage_5m");
        }
    }
}

using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Storage;

public class OperatorsQueriesTests
{
    /// <summary>docs/operations.md: the names are put together without quotes, so a table with capitals would end it.</summary>
    [Fact]
    public async Task The_guide_s_query_of_table_sizes_lists_the_ledger()
    {
        await using var source = NpgsqlDataSource.Create(await Postgres.NewDatabaseAsync());
        await using var command = source.CreateCommand("""
            SELECT schemaname,tablename,pg_size_pretty(pg_total_relation_size(schemaname||'.'||tablename))
            FROM pg_tables WHERE schemaname = 'public' ORDER BY pg_total_relation_size(schemaname||'.'||tablename) DESC;
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var tables = new List<string>();
        while (await reader.ReadAsync())
            tables.Add(reader.GetString(1));
        Assert.Contains("requests", tables);
        Assert.Contains("schema_migrations", tables);
    }

    /// <summary>The older system's table, column by column (its names, in its order): saved SQL names some of them, or all.</summary>
    [Fact]
    public async Task Saved_queries_of_api_requests_find_the_ledger_and_cannot_change_it()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        var database = await Postgres.NewDatabaseAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, database);
        upstream.Replies("text/event-stream; charset=utf-8", Streams.Whole);
        var id = Guid.Parse(await nexus.MessageAsync("""{"model":"claude-opus-5","stream":true,"messages":[{"role":"user","content":"hello"}]}"""));
        await using var stored = StoredRequests.Open(database);
        await stored.RowAsync(id);
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("""
            SELECT request_id, domain, timestamp, method, path, headers, body, api_key_hash, model, request_type, response_status, response_headers, response_body,
                response_streaming, input_tokens, output_tokens, total_tokens, cache_creation_input_tokens, cache_read_input_tokens, usage_data, first_token_ms,
                duration_ms, error, tool_call_count, current_message_hash, parent_message_hash, conversation_id, branch_id, message_count,
                parent_task_request_id, is_subtask, task_tool_invocation, account_id, parent_request_id, system_hash, created_at
            FROM api_requests WHERE timestamp > now() - interval '1 hour' AND response_status = 200
            """);
        await using (var reader = await command.ExecuteReaderAsync())
        {
            Assert.True(await reader.ReadAsync());
            Assert.Equal(id, reader.GetGuid(0));
            Assert.Equal(("claude-opus-5", 10L, 5L, 15L, 7L, 100L), (reader.GetString(8), reader.GetInt64(14), reader.GetInt64(15), reader.GetInt64(16), reader.GetInt64(17), reader.GetInt64(18)));
            Assert.True(reader.IsDBNull(6));
        }

        await using var change = source.CreateCommand("DELETE FROM api_requests");
        Assert.Equal(PostgresErrorCodes.ObjectNotInPrerequisiteState, (await Assert.ThrowsAsync<PostgresException>(() => change.ExecuteNonQueryAsync())).SqlState);
        await using var chunks = source.CreateCommand("SELECT count(*) FROM streaming_chunks");
        Assert.Equal(0L, await chunks.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_database_of_the_older_system_keeps_its_tables_and_Nexus_works_beside_them()
    {
        var database = await (await Postgres.RunAsync()).CreateAsync("template0");
        await using var source = NpgsqlDataSource.Create(database);
        await using (var old = source.CreateCommand("CREATE TABLE api_requests (request_id uuid PRIMARY KEY, body jsonb); INSERT INTO api_requests VALUES (gen_random_uuid(), '{}'); CREATE TABLE streaming_chunks (id serial)"))
            await old.ExecuteNonQueryAsync();
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, database);
        await nexus.ReadyAsync();
        await using var kept = source.CreateCommand("SELECT count(*) FROM api_requests WHERE body IS NOT NULL");
        Assert.Equal(1L, await kept.ExecuteScalarAsync());
    }
}

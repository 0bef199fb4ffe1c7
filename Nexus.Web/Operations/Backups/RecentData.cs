using System.Globalization;
using System.Text;
using Nexus.Web.Capture;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <summary>
/// The part of the database that <c>--since</c> takes: requests since a time and the earlier ones of the same sessions and conversations, with
/// everything that their bodies are rebuilt from, and those conversations; all other tables whole. It restores into an empty database as the whole does.
/// </summary>
internal sealed class RecentData
{
    /// <summary>Temporary tables of the backup's transaction: started_at and id of what is taken, and hashes of parts.</summary>
    public const string Payloads = "pg_temp.backup_payloads";

    private const string Requests = "pg_temp.backup_requests";
    private const string Parts = "pg_temp.backup_parts";
    private const string Conversations = "pg_temp.backup_conversations";

    /// <summary>What is not taken whole, with what joins the chosen rows to a row <c>t</c>, in an order that reads well.</summary>
    private static readonly IReadOnlyList<(string Table, string Taken)> Cut =
    [
        ("requests", $"JOIN {Requests} USING (started_at, id)"),
        ("request_payloads", $"JOIN {Payloads} USING (started_at, id)"),
        ("content_parts", $"JOIN {Parts} USING (hash)"),
        ("conversations", $"JOIN {Conversations} AS taken USING (id)"),
        ("conversation_branches", $"JOIN {Conversations} AS taken ON taken.id = t.conversation_id"),
        ("conversation_sessions", $"JOIN {Conversations} AS taken ON taken.id = t.conversation_id"),
        ("conversation_words", $"JOIN {Conversations} AS taken ON taken.id = t.conversation_id"),
        ("conversation_hooks", $"JOIN {Requests} AS taken ON taken.id = t.request_id"),
        // A request that is a conversation by itself has no row in conversations.
        ("analyses", $"WHERE t.conversation_id IN (SELECT id FROM {Conversations} UNION ALL SELECT id FROM {Requests})"),
    ];

    private readonly NpgsqlConnection _connection;
    private readonly DateTimeOffset _since;
    private readonly Dictionary<string, long> _counts;

    private RecentData(NpgsqlConnection connection, DateTimeOffset since, Dictionary<string, long> counts)
    {
        _connection = connection;
        _since = since;
        _counts = counts;
    }

    public string Holds => string.Create(CultureInfo.InvariantCulture,
        $"{_counts["requests"]} requests: those since {_since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, the earlier ones of the same sessions and conversations, and those whose parts their bodies continue; {_counts["request_payloads"]} payloads and {_counts["content_parts"]} parts of them; {_counts["conversations"]} conversations. All other tables whole: rollups and counters also count requests that are not in it. Not Hangfire's schema, not the files under DATA_DIR and CREDENTIALS_DIR.");

    public static async Task<RecentData> SelectAsync(NpgsqlConnection connection, DateTimeOffset since, CancellationToken cancellation)
    {
        // A base's own base is followed until a list is whole; the time inside an id is its partition key.
        const string Sql = """
            CREATE TEMP TABLE backup_requests ON COMMIT DROP AS
                SELECT started_at, id FROM requests WHERE started_at >= $1
                UNION SELECT started_at, id FROM requests WHERE session_id IN (SELECT session_id FROM requests WHERE started_at >= $1 AND session_id IS NOT NULL);
            CREATE TEMP TABLE backup_conversations ON COMMIT DROP AS SELECT DISTINCT conversation_id AS id FROM requests JOIN pg_temp.backup_requests USING (started_at, id) WHERE conversation_id IS NOT NULL;
            INSERT INTO pg_temp.backup_requests
                SELECT started_at, id FROM requests WHERE conversation_id IN (SELECT id FROM pg_temp.backup_conversations) EXCEPT SELECT started_at, id FROM pg_temp.backup_requests;
            """;
        var rest = $"""
            CREATE TEMP TABLE backup_payloads ON COMMIT DROP AS
                WITH RECURSIVE taken AS (
                    SELECT p.started_at, p.id, p.base_id FROM request_payloads p JOIN pg_temp.backup_requests USING (started_at, id)
                    UNION SELECT p.started_at, p.id, p.base_id FROM taken JOIN request_payloads p ON p.id = taken.base_id
                        AND p.started_at = {PayloadReader.StartSql("taken.base_id")})
                SELECT DISTINCT started_at, id FROM taken;
            INSERT INTO pg_temp.backup_requests SELECT started_at, id FROM requests JOIN pg_temp.backup_payloads USING (started_at, id) EXCEPT SELECT started_at, id FROM pg_temp.backup_requests;
            CREATE TEMP TABLE backup_parts ON COMMIT DROP AS
                SELECT DISTINCT named.hash FROM request_payloads p JOIN pg_temp.backup_payloads USING (started_at, id), LATERAL {PartLists.NamedSql} AS named;
            ANALYZE pg_temp.backup_requests; ANALYZE pg_temp.backup_payloads; ANALYZE pg_temp.backup_parts; ANALYZE pg_temp.backup_conversations;
            """;
        await using (var select = new NpgsqlCommand(Sql, connection) { CommandTimeout = 0 })
        {
            // A statement that makes a table takes no parameters.
            select.CommandText = Sql.Replace("$1", $"timestamptz '{since.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}Z'", StringComparison.Ordinal);
            await select.ExecuteNonQueryAsync(cancellation);
        }

        await using (var gather = new NpgsqlCommand(rest, connection) { CommandTimeout = 0 })
            await gather.ExecuteNonQueryAsync(cancellation);
        var counts = new Dictionary<string, long>();
        foreach (var (table, taken) in Cut)
        {
            await using var count = new NpgsqlCommand($"SELECT count(*) FROM {table} t {taken}", connection) { CommandTimeout = 0 };
            counts[table] = (long)(await count.ExecuteScalarAsync(cancellation))!;
        }

        return new(connection, since, counts);
    }

    /// <summary>Schema and whole tables as pg_dump writes them, then the chosen rows, then indexes and constraints.</summary>
    public async Task WriteAsync(SnapshotDump dump, Stream target, DumpMeter meter, CancellationToken cancellation)
    {
        await dump.WriteAsync(["--section=pre-data"], target, meter, cancellation);
        // With the partitions of those that have some.
        await dump.WriteAsync(["--section=data", .. Cut.Select(cut => $"--exclude-table-data={cut.Table}{(cut.Table.StartsWith("request", StringComparison.Ordinal) ? "*" : "")}")], target, meter, cancellation);
        foreach (var (table, taken) in Cut)
            await CopyAsync(target, table, taken, meter, cancellation);
        await dump.WriteAsync(["--section=post-data"], target, meter, cancellation);
    }

    /// <summary>Rows of the backup, made of those of the database: the cut tables by their parents.</summary>
    public SortedDictionary<string, long> Rows(IReadOnlyDictionary<string, long> all)
    {
        var rows = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (table, count) in all.Where(pair => !pair.Key.StartsWith("request", StringComparison.Ordinal) && !_counts.ContainsKey(pair.Key)).Concat(_counts))
            rows[table] = count;
        return rows;
    }

    private async Task CopyAsync(Stream target, string table, string taken, DumpMeter meter, CancellationToken cancellation)
    {
        await using var list = new NpgsqlCommand("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped", _connection) { Parameters = { new() { Value = table } } };
        var columns = (string)(await list.ExecuteScalarAsync(cancellation))!;
        await target.WriteAsync(Encoding.UTF8.GetBytes($"\n\nCOPY public.{table} ({columns}) FROM stdin;\n"), cancellation);
        var qualified = string.Join(", ", columns.Split(", ").Select(column => "t." + column));
        // Npgsql hands text out through a reader; its stream has the bytes as they are, in UTF-8.
        using (var rows = (StreamReader)await _connection.BeginTextExportAsync($"COPY (SELECT {qualified} FROM {table} t {taken}) TO STDOUT", cancellation))
            await SnapshotDump.CopyAsync(rows.BaseStream, target, meter, cancellation);
        await target.WriteAsync("\\.\n\n"u8.ToArray(), cancellation);
    }
}

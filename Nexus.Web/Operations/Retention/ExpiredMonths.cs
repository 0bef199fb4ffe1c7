using System.Globalization;
using Nexus.Web.Capture;
using Npgsql;

namespace Nexus.Web.Operations.Retention;

/// <summary>Takes expired months out of the ledger and the payloads: whole partitions, and rows of the default ones.</summary>
internal static class ExpiredMonths
{
    private const int ListsAtATime = 200;

    /// <returns>What went, by partition.</returns>
    public static async Task<List<string>> DropAsync(NpgsqlConnection connection, DateTimeOffset? ledger, DateTimeOffset? payloads, CancellationToken cancellation)
    {
        var gone = new List<string>();
        if (payloads is { } payloadBound)
        {
            if (await RewriteAsync(connection, payloadBound, cancellation) is var lists and > 0)
                gone.Add(string.Create(CultureInfo.InvariantCulture, $"{lists} lists of parts written whole"));
            gone.AddRange(await DropAsync(connection, "request_payloads", payloadBound, cancellation));
        }

        if (ledger is { } ledgerBound)
        {
            // An hour without its ledger rows cannot be compared with its rollups any more.
            await ExecuteAsync(connection, "DELETE FROM usage_changed_hours WHERE hour < $1", ledgerBound, cancellation);
            gone.AddRange(await DropAsync(connection, "requests", ledgerBound, cancellation));
        }

        return gone;
    }

    private static async Task<List<string>> DropAsync(NpgsqlConnection connection, string parent, DateTimeOffset bound, CancellationToken cancellation)
    {
        var gone = new List<string>();
        await using (var list = new NpgsqlCommand("SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = $1::text::regclass ORDER BY 1", connection) { Parameters = { new() { Value = parent } } })
        await using (var reader = await list.ExecuteReaderAsync(cancellation))
            while (await reader.ReadAsync(cancellation))
                if (reader.GetString(0) is var name && DateTime.TryParseExact(name[(parent.Length + 1)..], "yyyy_MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) && month.AddMonths(1) <= bound.UtcDateTime)
                    gone.Add(name);
        foreach (var name in gone)
            // Its name is letters, digits and underscores. The parent is locked for a moment, as long as lock_timeout allows.
            await ExecuteAsync(connection, $"DROP TABLE {name}", null, cancellation);
        var rows = await ExpiredRows.DeleteAsync(connection, parent + "_default", "started_at < $1", bound, cancellation);
        if (rows > 0)
            gone.Add(string.Create(CultureInfo.InvariantCulture, $"{rows} rows of {parent}_default"));
        return gone;
    }

    /// <summary>Writes the lists of parts that continue an expiring one whole, so that they can be read without it.</summary>
    private static async Task<int> RewriteAsync(NpgsqlConnection connection, DateTimeOffset bound, CancellationToken cancellation)
    {
        // Ids begin with their time, so a base that expires sorts before the bound.
        const string Sql = "SELECT id FROM request_payloads WHERE started_at >= $1 AND base_id < $2 ORDER BY started_at LIMIT $3";
        for (var rewritten = 0; ;)
        {
            var ids = new List<Guid>();
            await using (var find = new NpgsqlCommand(Sql, connection) { CommandTimeout = 0, Parameters = { new() { Value = bound }, new() { Value = PayloadReader.FirstIdAt(bound) }, new() { Value = ListsAtATime } } })
            await using (var reader = await find.ExecuteReaderAsync(cancellation))
                while (await reader.ReadAsync(cancellation))
                    ids.Add(reader.GetGuid(0));
            if (ids.Count == 0)
                return rewritten;
            foreach (var id in ids)
            {
                var whole = await PayloadReader.PartsOfAsync(connection, id, cancellation);
                await using var write = new NpgsqlCommand("UPDATE request_payloads SET base_id = NULL, prefix_kept = 0, parts = $3 WHERE started_at = $1 AND id = $2", connection)
                {
                    Parameters = { new() { Value = PayloadReader.StartOf(id) }, new() { Value = id }, new() { Value = whole } },
                };
                await write.ExecuteNonQueryAsync(cancellation);
            }

            rewritten += ids.Count;
        }
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, DateTimeOffset? bound, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (bound is { } value)
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}

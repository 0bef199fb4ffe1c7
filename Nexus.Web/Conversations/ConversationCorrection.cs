using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Conversations;

/// <summary>Brings the costs of conversations and branches along when stored requests are costed anew, in the transaction that does it. Their domains must be locked.</summary>
internal static class ConversationCorrection
{
    /// <param name="differences">By how many micro-dollars each row's cost changed.</param>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<(LedgerRow Row, long Micros)> differences, CancellationToken cancellation)
    {
        var changed = differences.Where(difference => difference.Micros != 0 && difference.Row.ConversationId is not null).ToList();
        if (changed.Count == 0)
            return;
        var conversations = changed.GroupBy(difference => difference.Row.ConversationId!.Value).OrderBy(group => group.Key).ToList();
        var branches = changed.Where(difference => difference.Row.BranchId is not null).GroupBy(difference => (Id: difference.Row.ConversationId!.Value, Name: difference.Row.BranchId!)).ToList();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("UPDATE conversations AS known SET cost_micros = known.cost_micros + difference.micros FROM unnest($1, $2) AS difference (id, micros) WHERE known.id = difference.id")
                {
                    Parameters = { new() { Value = conversations.Select(group => group.Key).ToArray() }, Micros(conversations) },
                },
                new("""
                    UPDATE conversation_branches AS known SET cost_micros = known.cost_micros + difference.micros
                    FROM unnest($1, $2, $3) AS difference (id, name, micros) WHERE known.conversation_id = difference.id AND known.name = difference.name
                    """)
                {
                    Parameters = { new() { Value = branches.Select(group => group.Key.Id).ToArray() }, new() { Value = branches.Select(group => group.Key.Name).ToArray() }, Micros(branches) },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlParameter Micros<T>(IEnumerable<IGrouping<T, (LedgerRow Row, long Micros)>> groups) =>
        new() { Value = groups.Select(group => group.Sum(difference => difference.Micros)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}

using Nexus.Web.Capture;
using Npgsql;

namespace Nexus.Web.Conversations.Rebuilding;

/// <summary>A place in a stored answer that a later request may go on from.</summary>
/// <param name="By">The request whose answer has it.</param>
/// <param name="ClaimedBy">The subagent's request that its prompt launched; null also where that request is placed anew.</param>
internal sealed record StoredHook(long Hash, Guid By, short Position, Guid? ClaimedBy)
{
    /// <param name="from">Of requests that arrived then or later.</param>
    /// <param name="since">Claims of requests that arrived then or later are open again.</param>
    public static async Task<List<StoredHook>> ReadAsync(NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset since, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT hash, request_id, position, claimed_by FROM conversation_hooks", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var hooks = new List<StoredHook>();
        while (await reader.ReadAsync(cancellation))
        {
            var by = reader.GetGuid(1);
            if (PayloadReader.StartOf(by) < from)
                continue;
            Guid? claimed = reader.IsDBNull(3) ? null : reader.GetGuid(3);
            hooks.Add(new(reader.GetInt64(0), by, reader.GetInt16(2), claimed is { } request && PayloadReader.StartOf(request) < since ? claimed : null));
        }

        return hooks;
    }
}

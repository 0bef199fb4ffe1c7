using Npgsql;

namespace Nexus.Web.Conversations;

/// <summary>Places a batch's requests within the transaction that stores them.</summary>
internal sealed partial class BatchLinking
{
    private readonly NpgsqlConnection _connection;
    private readonly LinkIndex _index;
    private readonly Linker _linker;
    private readonly List<LinkItem> _placed;

    private BatchLinking(NpgsqlConnection connection, LinkIndex index, Linker linker, List<LinkItem> placed)
    {
        (_connection, _index, _linker, _placed) = (connection, index, linker, placed);
    }

    /// <summary>Writes each request's place into its row. Null when none of them belongs to a conversation.</summary>
    public static async Task<BatchLinking?> PlaceAsync(NpgsqlConnection connection, IEnumerable<LinkItem> items, ILogger logger, CancellationToken cancellation)
    {
        var all = items.OrderBy(item => item.Node, Comparer<LinkNode>.Create(LinkNode.Compare)).ToList();
        if (all.Count == 0)
            return null;
        await KnownRequests.LockAsync(connection, all.Select(item => item.Node.Domain), cancellation);
        var known = new KnownRequests(connection, all);
        var index = await known.LoadAsync(cancellation);
        var linker = new Linker(index);
        var placed = all.Where(item => !known.Replayed.Contains(item.Node.Id)).ToList();
        try
        {
            foreach (var item in placed)
                linker.Place(item.Node, item.Evidence, item.Answer);
        }
        catch (Exception error) when (error is not NpgsqlException)
        {
            // A fault of ours here must not cost a request its place in the ledger.
            Log.Failed(logger, error, placed.Count);
            return null;
        }

        placed.ForEach(item => item.Settle());
        return new BatchLinking(connection, index, linker, placed);
    }

    /// <param name="stored">The requests that the ledger took.</param>
    public Task WriteAsync(IReadOnlySet<Guid> stored, CancellationToken cancellation) =>
        new ConversationWriter(_connection, _index, _linker).WriteAsync([.. _placed.Where(item => stored.Contains(item.Node.Id))], cancellation);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Count} requests are stored without their place in a conversation. 'nexus conversations rebuild' places them again.")]
        public static partial void Failed(ILogger logger, Exception error, int count);
    }
}

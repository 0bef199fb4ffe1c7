using Nexus.Web.Access.Roles;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Access.BreakGlass;

/// <summary>Whether a request or a conversation belongs to somebody: the owner of the keys it came with is their name, in any case of letters.</summary>
internal sealed class Ownership(Database database)
{
    /// <summary>Somebody else's requests, and all of them, of a request or of a conversation by its id.</summary>
    private const string OfConversation = """
        SELECT count(*) FILTER (WHERE lower(coalesce(owner, '')) <> lower($3)), count(*) FROM (
            SELECT owner FROM requests WHERE conversation_id = $1 AND conversation_id <> id
            UNION ALL SELECT owner FROM requests WHERE started_at = $2 AND id = $1) AS its
        """;

    private const string OfRequest = "SELECT count(*) FILTER (WHERE lower(coalesce(owner, '')) <> lower($3)), count(*) FROM requests WHERE started_at = $2 AND id = $1";

    public async Task<bool> IsOwnAsync(HttpContext http, SignedIn who, ContentOf content)
    {
        // Page handlers bind what a form in the body says before what the address says.
        if (who.Owner is not { } owner || http.Request.HasFormContentType)
            return false;
        var cancellation = http.RequestAborted;
        Guid? Route() => Guid.TryParse((http.Request.RouteValues["id"] ?? http.Request.RouteValues["conversationId"])?.ToString(), out var id) ? id : null;
        Guid? Query(string name) => Guid.TryParse(http.Request.Query[name].ToString(), out var id) ? id : null;
        return content switch
        {
            ContentOf.Request => await IsAllOfAsync(OfRequest, Route(), owner, cancellation),
            ContentOf.Conversation => await IsAllOfAsync(OfConversation, Route(), owner, cancellation),
            ContentOf.Pair => await IsAllOfAsync(OfRequest, Query("left"), owner, cancellation) && await IsAllOfAsync(OfRequest, Query("right"), owner, cancellation),
            _ => false,
        };
    }

    /// <summary>Also a conversation into which somebody else wrote once is not one's own.</summary>
    private async Task<bool> IsAllOfAsync(string sql, Guid? asked, string owner, CancellationToken cancellation)
    {
        if (asked is not { } id)
            return false;
        await using var command = database.DataSource.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        command.Parameters.Add(new NpgsqlParameter { Value = PayloadReader.StartOf(id) });
        command.Parameters.Add(new NpgsqlParameter { Value = owner });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) && reader.GetInt64(0) == 0 && reader.GetInt64(1) > 0;
    }
}

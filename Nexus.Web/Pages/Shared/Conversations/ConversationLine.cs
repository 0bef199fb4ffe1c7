namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>A conversation as a row of the list.</summary>
/// <param name="Person">Who; the number of others behind it.</param>
/// <param name="EstimatedCostMicros">The part of the cost that is an estimate.</param>
/// <param name="ContextTokens">At the latest turn of the main line.</param>
public sealed record ConversationLine(
    Guid Id, string? Title, string Domain, string? Person, IReadOnlyList<string> Models, DateTimeOffset LastAt, int Turns, int Requests, long Tokens, long CostMicros, long EstimatedCostMicros,
    long ContextTokens, int ContextLimit, int Subagents, int Compactions, int Forks, int Errors)
{
    internal static ConversationLine Of(Nexus.Web.Conversations.KnownConversation known)
    {
        var row = known.Row;
        var people = row.Owners.Length > 0 ? row.Owners : row.KeyIds;
        return new(
            row.Id, row.Title, row.Domain, people.Length > 1 ? $"{people[0]} +{people.Length - 1}" : people.FirstOrDefault(), row.Models, row.LastAt, row.Turns, row.Requests, row.InputTokens + row.OutputTokens + row.CacheCreation5mTokens + row.CacheCreation1hTokens + row.CacheReadTokens, row.CostMicros, known.EstimatedCostMicros,
            row.ContextTokens, Nexus.Web.Usage.ContextWindows.Of(row.LatestModel).Tokens, row.Subagents, row.Compactions, row.Forks, row.Errors);
    }
}

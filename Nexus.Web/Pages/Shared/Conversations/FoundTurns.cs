namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>A message with the words that were looked for, and what stands around them.</summary>
public sealed record FoundTurn(int Number, string Role, string Before, string Match, string After, string Address);

/// <param name="Searched">How many messages were looked through, from the latest back.</param>
/// <param name="Of">How many there are.</param>
public sealed record FoundTurns(IReadOnlyList<FoundTurn> Turns, int Searched, int Of)
{
    public bool Cut => Searched < Of;
}

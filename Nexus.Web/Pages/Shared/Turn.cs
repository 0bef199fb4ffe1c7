namespace Nexus.Web.Pages.Shared;

/// <summary>One message of a conversation.</summary>
/// <param name="Number">From 1, as it stands in the request.</param>
public sealed record Turn(int Number, string Role, IReadOnlyList<ContentBlock> Blocks)
{
    /// <summary>Whether it only brings back what tools said: nobody wrote it.</summary>
    public bool IsResults => Blocks.Count > 0 && Blocks.All(block => block.Kind.EndsWith("tool_result", StringComparison.Ordinal));
}

/// <summary>Messages before the ones shown.</summary>
public sealed record EarlierTurns(int Count, string Address);

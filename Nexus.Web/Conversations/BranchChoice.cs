namespace Nexus.Web.Conversations;

/// <summary>
/// The branch that a request is on: that of its parent for the first request that goes on from it, else a new one. A name that is
/// taken gets a number.
/// </summary>
internal sealed class BranchChoice(LinkIndex index)
{
    public string? Of(LinkNode node, LinkNode? parent, Link how)
    {
        if (node.Conversation is not { } conversation)
            return null;
        if (node.IsSide)
            return BranchNames.Side;
        if (parent is null)
            return node.Agent is not null ? OfAgent(node, conversation) ?? Subagent(conversation)
                : index.Of(conversation).Any(other => other != node && other.AttemptOf is null && other.Branch == BranchNames.Main) ? Free(conversation, BranchNames.Branch(node.At)) : BranchNames.Main;
        if (how == Link.Compacts)
            return Free(conversation, BranchNames.Compaction(node.At));
        if (node.Agent is not null && node.Agent != parent.Agent)
            return OfAgent(node, conversation) ?? Subagent(conversation);
        if (how == Link.Launched)
            return Subagent(conversation);
        if (node.Session is not null && parent.Session is not null && node.Session != parent.Session)
            return Free(conversation, BranchNames.Fork(node.At));
        return IsGoneOnFrom(parent, node) ? Free(conversation, BranchNames.Branch(node.At)) : parent.Branch ?? BranchNames.Main;
    }

    /// <summary>Another request is the next on the parent's branch.</summary>
    public bool IsGoneOnFrom(LinkNode parent, LinkNode node) =>
        index.ChildrenOf(parent.Id).Any(child => child != node && child.AttemptOf is null && !child.IsSide && child.Branch == (parent.Branch ?? BranchNames.Main));

    public string Free(Guid conversation, string name)
    {
        var tally = Tally(conversation);
        var free = name;
        for (var i = 2; !tally.Names.Add(free); i++)
            free = $"{name}_{i}";
        return free;
    }

    public string Subagent(Guid conversation)
    {
        var tally = Tally(conversation);
        string name;
        do
            name = BranchNames.Subagent(++tally.Subagents);
        while (!tally.Names.Add(name));
        return name;
    }

    private string? OfAgent(LinkNode node, Guid conversation) =>
        index.Of(conversation).FirstOrDefault(other => other != node && other.Agent == node.Agent && BranchNames.IsSubagent(other.Branch))?.Branch;

    private ConversationTally Tally(Guid conversation)
    {
        if (!index.Tallies.TryGetValue(conversation, out var tally))
            index.Tallies[conversation] = tally = new();
        return tally;
    }
}

namespace Nexus.Web.Conversations;

/// <summary>Names the branches of a whole conversation as if its requests had come in order. Names stay where they can.</summary>
internal sealed class Relayout(LinkIndex index)
{
    private readonly BranchChoice _branches = new(index);

    public void Of(Guid conversation)
    {
        var nodes = index.Of(conversation).Where(node => node.AttemptOf is null && !node.IsSide).Order(Comparer<LinkNode>.Create(LinkNode.Compare)).ToList();
        var before = nodes.ToDictionary(node => node.Id, node => node.Branch);
        index.Tallies[conversation] = new();
        var attempts = index.Of(conversation).Where(node => node.AttemptOf is not null).ToList();
        foreach (var node in nodes.Concat(attempts))
            node.Branch = null;
        foreach (var node in nodes)
        {
            var parent = node.Parent is { } id ? index.Find(id) : null;
            var old = before[node.Id];
            var began = parent is null || before.GetValueOrDefault(parent.Id) != old;
            node.Branch = Name(node, parent, old, began);
        }

        foreach (var attempt in attempts)
            (attempt.Branch, attempt.Parent) = (index.Node(attempt).Branch, index.Node(attempt).Parent);
    }

    private string? Name(LinkNode node, LinkNode? parent, string? old, bool began)
    {
        var how = began && BranchNames.IsCompaction(old) ? Link.Compacts : began && BranchNames.IsSubagent(old) && node.Agent is null ? Link.Launched : Link.Continues;
        var name = _branches.Of(node, parent, how);
        var starts = parent is null || name != parent.Branch;
        if (!began || !starts || old is null || name is null || name == old || BranchNames.Kind(old) != BranchNames.Kind(name))
            return name;
        var tally = index.Tallies[node.Conversation!.Value];
        if (!tally.Names.Add(old))
            return name;
        tally.Names.Remove(name);
        return old;
    }
}

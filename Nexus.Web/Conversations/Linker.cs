namespace Nexus.Web.Conversations;

/// <summary>
/// Places requests in conversations, branches and under parents. Decides from what <see cref="LinkIndex"/> holds and nothing else:
/// the same requests give the same tree in whatever order they come, as long as those that matter to each other are in the index.
/// </summary>
internal sealed class Linker(LinkIndex index)
{
    private readonly ParentChoice _parents = new(index);
    private readonly HookChoice _hooks = new(index);
    private readonly BranchChoice _branches = new(index);
    private readonly Relayout _relayout = new(index);

    /// <summary>Conversations that were found to be part of another: which, and of which.</summary>
    public List<(Guid From, Guid Into)> Merged { get; } = [];

    /// <summary>Conversations whose branches were laid out anew.</summary>
    public HashSet<Guid> LaidOut { get; } = [];

    public void Place(LinkNode node, LinkEvidence evidence, AnswerEvidence answer)
    {
        var previous = evidence.Previous is { } id ? _hooks.Previous(node, id) : null;
        if (previous is not null && evidence.Own is { } own)
            node.Prefix = own.Aggregate(previous.Answer ?? previous.Prefix ?? evidence.End, BlockChain.Next);
        node.Answer = answer.Blocks is { Count: > 0 } blocks ? blocks.Aggregate(node.Prefix!.Value, BlockChain.Next) : null;
        if (_parents.FirstAttempt(node) is { } first)
            Repeat(node, first);
        else
            Attach(node, evidence, previous);
        foreach (var hook in answer.Hooks)
            index.Add(hook.Hash, new HookPlace(index.Node(node), hook.Position) { By = node.Id });
    }

    private void Repeat(LinkNode node, LinkNode first)
    {
        // A request that was asked again is no request by itself any more.
        if (!node.IsSide)
            ConversationOf(first);
        (node.AttemptOf, node.Conversation, node.Branch, node.Parent) = (first.Id, first.Conversation, first.Branch, first.Parent);
        first.Completed |= node.Completed;
        index.Add(node);
    }

    private void Attach(LinkNode node, LinkEvidence evidence, LinkNode? previous)
    {
        var session = node.Session is { } name && index.Sessions.TryGetValue((node.Domain, name), out var known) ? known : (Guid?)null;
        var (parent, how) = Find(node, evidence, previous, session);
        node.Parent = parent?.Id;
        node.Missing = how == Link.Continues && !node.IsSide && evidence.Boundaries is [.., var last] && last != parent?.Prefix ? last : null;
        node.Conversation = session ?? (parent is null ? null : ConversationOf(parent));
        if (node.Conversation is null && node.Session is not null)
            node.Conversation = node.Id;
        if (node.Session is not null)
            index.Sessions.TryAdd((node.Domain, node.Session), node.Conversation!.Value);
        index.Add(node);
        node.Branch = _branches.Of(node, parent, how);
        var late = Adopt(node) || (!node.IsSide && IsLate(node));
        if (late && node.Conversation is { } conversation && index.IsWhole(conversation))
        {
            _relayout.Of(conversation);
            LaidOut.Add(conversation);
        }
    }

    private (LinkNode? Parent, Link How) Find(LinkNode node, LinkEvidence evidence, LinkNode? previous, Guid? session)
    {
        if (previous is not null)
            return (previous, Link.Continues);
        if (_parents.ByPrefix(node, evidence, session, out var repeated) is { } prefix)
            return (prefix, Link.Continues);
        if (repeated)
            return (null, Link.Continues);
        if (evidence.Summaries is { } summaries && !node.IsSide && _hooks.Summary(node, summaries, session) is { } compaction)
            return (compaction, Link.Compacts);
        if (evidence.Prompt is { } prompt && !node.IsSide && (node.Agent is not null || node.Session is null) && _hooks.Launch(node, prompt) is { } launch)
            return (launch, Link.Launched);
        return session is { } conversation ? _parents.BySession(node, evidence, conversation) : (null, Link.Continues);
    }

    /// <summary>A request that stood for itself becomes the first of a conversation when another goes on from it.</summary>
    private Guid ConversationOf(LinkNode parent)
    {
        if (parent.Conversation is { } known)
            return known;
        foreach (var attempt in parent.Prefix is { } prefix ? index.EndingAt(prefix).Where(other => other.AttemptOf == parent.Id).ToList() : [])
            Settle(attempt, parent.Id);
        Settle(parent, parent.Id);
        index.Whole.Add(parent.Id);
        return parent.Id;
    }

    private void Settle(LinkNode node, Guid conversation)
    {
        index.Move(node, conversation);
        node.Branch ??= BranchNames.Main;
    }

    /// <summary>Takes the requests that went on from this one and came before it.</summary>
    private bool Adopt(LinkNode node)
    {
        if (node.IsSide || node.Prefix is not { } prefix)
            return false;
        var orphans = index.Awaiting(prefix).Where(orphan => orphan != node && node.IsBefore(orphan) && ParentChoice.MayContinue(orphan, node)).ToList();
        foreach (var orphan in orphans)
        {
            var fresh = node.Parent is null && index.ChildrenOf(node.Id).Count == 0;
            if (orphan.Conversation is { } theirs && (node.Conversation is null || (fresh && node.Conversation == node.Id)))
                Join(node, theirs);
            else if (node.Conversation is null)
                ConversationOf(node);
            if (orphan.Conversation is null)
                Settle(orphan, node.Conversation!.Value);
            else if (orphan.Conversation != node.Conversation)
                Merge(orphan.Conversation.Value, node.Conversation!.Value);
            index.Attach(orphan, node.Id, missing: null);
        }

        return orphans.Count > 0;
    }

    private void Join(LinkNode node, Guid conversation)
    {
        index.Move(node, conversation);
        if (node.Session is not null)
            index.Sessions[(node.Domain, node.Session)] = conversation;
    }

    private void Merge(Guid from, Guid into)
    {
        foreach (var node in index.Of(from).ToList())
            Join(node, into);
        Merged.Add((from, into));
    }

    /// <summary>Another request that came later has been stored in what would be this one's place.</summary>
    private bool IsLate(LinkNode node)
    {
        var others = node.Parent is { } parent ? index.ChildrenOf(parent) : node.Conversation is { } conversation ? index.Of(conversation).Where(other => other.Parent is null) : [];
        return others.Any(other => other != node && other.AttemptOf is null && !other.IsSide && node.IsBefore(other));
    }
}

/// <summary>How a request hangs on its parent.</summary>
internal enum Link
{
    /// <summary>Goes on with its history.</summary>
    Continues,

    /// <summary>Goes on from its summary.</summary>
    Compacts,

    /// <summary>Was launched by a tool call in its answer.</summary>
    Launched,
}

namespace Nexus.Web.Conversations;

/// <summary>Finds the request that another goes on from by the history that both share, else by the session.</summary>
internal sealed class ParentChoice(LinkIndex index)
{
    /// <summary>Without a session, what is repeated later is asked anew.</summary>
    private static readonly TimeSpan RepeatWithin = TimeSpan.FromHours(1);

    /// <summary>Of requests that ended alike only so many are weighed, the newest.</summary>
    private const int MostWeighed = 64;

    /// <summary>The request that this one repeats: in a session whatever became of it, else when it failed.</summary>
    public LinkNode? FirstAttempt(LinkNode node)
    {
        foreach (var other in index.EndingAt(node.Prefix!.Value).TakeLast(MostWeighed).Reverse())
        {
            if (other == node || other.AttemptOf is not null || other.Session != node.Session || other.Agent != node.Agent || other.Lane != node.Lane)
                continue;
            var sameBody = node.BodyHash is { } hash && other.BodyHash is { } theirs && hash.AsSpan().SequenceEqual(theirs);
            var (earlier, later) = node.IsBefore(other) ? (node, other) : (other, node);
            var repeats = node.Session is null ? other.Person == node.Person && sameBody && !earlier.Completed && later.At - earlier.At < RepeatWithin : sameBody || !node.IsSide;
            if (repeats)
                return other;
        }

        return null;
    }

    /// <param name="session">The conversation of the request's session, when that is known: its requests stay in it.</param>
    /// <param name="repeated">Without a session, its history was gone on with by the same request before: this is another conversation.</param>
    public LinkNode? ByPrefix(LinkNode node, LinkEvidence evidence, Guid? session, out bool repeated)
    {
        repeated = false;
        foreach (var state in evidence.Interior.Reverse())
            if (Best(index.EndingAt(state).Where(other => !other.Completed && other.Session == node.Session), node, session) is { } unanswered)
                return unanswered;
        for (var i = evidence.Boundaries.Count - 1; i >= 0; i--)
        {
            var (state, answer) = (evidence.Boundaries[i], evidence.Answers[i]);
            var (exact, others) = (index.EndingAt(state, answer), index.EndingAt(state));
            if (Best(others.Where(other => other.Session == node.Session && node.Session is not null && other.Agent == node.Agent), node, session, answer) is { } own)
                return own;
            if ((Best(exact, node, session) ?? Best(others, node, session)) is not { } found)
                continue;
            repeated = node.Session is null && index.ChildrenOf(found.Id).Any(child => IsSame(child, node) && child.Completed && child.BodyHash is { } body && node.BodyHash is { } own2 && body.AsSpan().SequenceEqual(own2));
            return repeated ? null : found;
        }

        return null;
    }

    /// <summary>Whose history no other request of the session has: the last one before it, of its own kind.</summary>
    public (LinkNode? Parent, Link How) BySession(LinkNode node, LinkEvidence evidence, Guid conversation)
    {
        if (node.IsSide)
            return (null, Link.Continues);
        var earlier = index.Of(conversation).Where(other => other.AttemptOf is null && other.IsBefore(node)).OrderByDescending(other => other, Comparer<LinkNode>.Create(LinkNode.Compare)).ToList();
        var line = earlier.Where(other => !other.IsSide).ToList();
        if (node.Agent is not null)
            return line.Find(other => other.Agent == node.Agent) is { } own
                ? (own, Link.Continues)
                : (line.Find(other => other.Agent == node.ParentAgent) ?? line.FirstOrDefault(), Link.Launched);
        if (evidence.Summaries is not null)
            return (earlier.Find(other => other.Lane == "compaction" && other.Session == node.Session) ?? line.Find(other => other.Agent is null), Link.Compacts);
        return (evidence.Boundaries.Count > 0 ? line.Find(other => other.Agent is null && other.Session == node.Session) : null, Link.Continues);
    }

    /// <summary>Two requests may be of one conversation: of the same session, or of the same person and not both of sessions of their own that are known apart.</summary>
    public static bool MayContinue(LinkNode later, LinkNode earlier) =>
        !earlier.IsSide && (later.Agent == earlier.Agent || (later.Agent is not null && earlier.Agent is null))
        && ((later.Session is not null && later.Session == earlier.Session) || later.Person == earlier.Person);

    private LinkNode? Best(IEnumerable<LinkNode> candidates, LinkNode node, Guid? session, long? answer = null)
    {
        LinkNode? best = null;
        foreach (var other in candidates.TakeLast(MostWeighed))
        {
            if (other == node || other.AttemptOf is not null || !other.IsBefore(node) || !MayContinue(node, other))
                continue;
            if (session is not null && other.Conversation != session)
                continue;
            if (best is null || Rank(other, node, answer).CompareTo(Rank(best, node, answer)) > 0)
                best = other;
        }

        return best;
    }

    private (bool, bool, bool, bool, DateTimeOffset, Guid) Rank(LinkNode other, LinkNode node, long? answer) => (
        node.Session is not null && other.Session == node.Session,
        other.Agent == node.Agent,
        answer is not null && other.Answer == answer,
        !index.ChildrenOf(other.Id).Any(child => IsSame(child, node)),
        other.At,
        other.Id);

    private static bool IsSame(LinkNode child, LinkNode node) => child != node && child.AttemptOf is null && child.Prefix == node.Prefix;
}

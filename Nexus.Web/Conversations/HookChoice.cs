namespace Nexus.Web.Conversations;

/// <summary>Finds the answer that a request shows that it knows: a launch's prompt, a summary, a thread's message.</summary>
internal sealed class HookChoice(LinkIndex index)
{
    private static readonly TimeSpan LaunchedWithin = TimeSpan.FromHours(24);
    private static readonly TimeSpan SummarisedWithin = TimeSpan.FromDays(7);

    public LinkNode? Previous(LinkNode node, long message) =>
        index.Hooks(message).Select(place => index.Node(place.Node)).FirstOrDefault(other => other.IsBefore(node) && (other.Person == node.Person || IsOfOneSession(other, node)));

    /// <summary>The newest first: a summary asked for twice is gone on from where it was last given.</summary>
    public LinkNode? Summary(LinkNode node, IReadOnlyList<long> summaries, Guid? session) =>
        summaries.SelectMany(index.Hooks).Select(place => index.Node(place.Node))
            .Where(other => other.IsBefore(node) && node.At - other.At < SummarisedWithin && (IsOfOneSession(other, node) || other.Person == node.Person) && (session is null || other.Conversation == session))
            .OrderByDescending(other => IsOfOneSession(other, node)).ThenByDescending(other => other.At).FirstOrDefault();

    /// <summary>Of calls with the same prompt the first of the newest answer that nobody answers to yet, which the request then takes.</summary>
    public LinkNode? Launch(LinkNode node, long prompt)
    {
        var place = index.Hooks(prompt).Where(place => place.ClaimedBy is null && MayHaveLaunched(place.Node, node)).OrderByDescending(place => place.Node.At).ThenBy(place => place.Position).FirstOrDefault();
        if (place is null)
            return null;
        (place.ClaimedBy, place.IsNewlyClaimed) = (node.Id, true);
        return index.Node(place.Node);
    }

    private static bool MayHaveLaunched(LinkNode other, LinkNode node) =>
        other.IsBefore(node) && node.At - other.At < LaunchedWithin
        && (node.Session is not null && other.Session is not null ? node.Session == other.Session : node.Person == other.Person)
        && (node.Agent is null || other.Agent == node.ParentAgent);

    private static bool IsOfOneSession(LinkNode one, LinkNode other) => one.Session is not null && one.Session == other.Session;
}

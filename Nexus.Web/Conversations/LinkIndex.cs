namespace Nexus.Web.Conversations;

/// <summary>A place in an answer that a later request may go on from.</summary>
internal sealed record HookPlace(LinkNode Node, short Position)
{
    /// <summary>The request that did; a prompt launches one subagent.</summary>
    public Guid? ClaimedBy { get; set; }

    /// <summary>The request whose answer has it: one of the node's attempts.</summary>
    public required Guid By { get; init; }

    /// <summary>Took place since: the database does not know yet.</summary>
    public bool IsNewlyClaimed { get; set; }
}

/// <summary>The requests that a decision may need: those of the batch, and what of the database could matter to them.</summary>
internal sealed class LinkIndex
{
    private static readonly List<LinkNode> None = [];
    private readonly Dictionary<Guid, LinkNode> _nodes = [];
    private readonly Dictionary<long, List<LinkNode>> _prefixes = [];
    private readonly Dictionary<(long Prefix, long Answer), List<LinkNode>> _answers = [];
    private readonly Dictionary<long, List<LinkNode>> _missing = [];
    private readonly Dictionary<Guid, List<LinkNode>> _children = [];
    private readonly Dictionary<Guid, List<LinkNode>> _conversations = [];
    private readonly Dictionary<long, List<HookPlace>> _hooks = [];

    public Dictionary<(string Domain, string Session), Guid> Sessions { get; } = [];

    /// <summary>Conversations all of whose requests are here.</summary>
    public HashSet<Guid> Whole { get; } = [];

    public bool IsWhole(Guid conversation) => Whole.Contains(conversation) || Of(conversation).All(node => node.Stored is null);

    public Dictionary<Guid, ConversationTally> Tallies { get; } = [];

    public IEnumerable<LinkNode> All => _nodes.Values;

    public IEnumerable<(long Hash, HookPlace Place)> AllHooks => _hooks.SelectMany(pair => pair.Value.Select(place => (pair.Key, place)));

    public LinkNode? Find(Guid id) => _nodes.GetValueOrDefault(id);

    public IReadOnlyList<LinkNode> EndingAt(long prefix) => _prefixes.GetValueOrDefault(prefix, None);

    /// <summary>Those whose answer led to a state too: with these a history is known to go on from their answer.</summary>
    public IReadOnlyList<LinkNode> EndingAt(long prefix, long answer) => _answers.GetValueOrDefault((prefix, answer), None);

    public IReadOnlyList<LinkNode> Awaiting(long prefix) => _missing.GetValueOrDefault(prefix, None);

    public IReadOnlyList<LinkNode> ChildrenOf(Guid node) => _children.GetValueOrDefault(node, None);

    public IReadOnlyList<LinkNode> Of(Guid conversation) => _conversations.GetValueOrDefault(conversation, None);

    public IReadOnlyList<HookPlace> Hooks(long hash) => _hooks.TryGetValue(hash, out var places) ? places : [];

    /// <summary>The node that a request stands for: of attempts, the first.</summary>
    public LinkNode Node(LinkNode request) => request.AttemptOf is { } first && Find(first) is { } node ? node : request;

    /// <returns>The node that is here by that id: a request is loaded once, whatever led to it.</returns>
    public LinkNode Add(LinkNode node)
    {
        if (!_nodes.TryAdd(node.Id, node))
            return _nodes[node.Id];
        Add(_prefixes, node.Prefix, node);
        if (node is { Prefix: { } prefix, Answer: { } answer })
            Add(_answers, (prefix, answer), node);
        Add(_missing, node.Missing, node);
        Add(_children, node.Parent, node);
        Add(_conversations, node.Conversation, node);
        return node;
    }

    public void Add(long hash, HookPlace place)
    {
        if (!_hooks.TryGetValue(hash, out var places))
            _hooks[hash] = places = [];
        if (!places.Exists(known => known.By == place.By && known.Position == place.Position))
            places.Add(place);
    }

    public void Move(LinkNode node, Guid? conversation)
    {
        Remove(_conversations, node.Conversation, node);
        node.Conversation = conversation;
        Add(_conversations, conversation, node);
    }

    public void Attach(LinkNode node, Guid? parent, long? missing)
    {
        Remove(_children, node.Parent, node);
        Remove(_missing, node.Missing, node);
        (node.Parent, node.Missing) = (parent, missing);
        Add(_children, parent, node);
        Add(_missing, missing, node);
    }

    private static void Add<T>(Dictionary<T, List<LinkNode>> index, T? key, LinkNode node)
        where T : struct
    {
        if (key is not { } value)
            return;
        if (!index.TryGetValue(value, out var nodes))
            index[value] = nodes = [];
        nodes.Add(node);
    }

    private static void Remove<T>(Dictionary<T, List<LinkNode>> index, T? key, LinkNode node)
        where T : struct
    {
        if (key is { } value && index.TryGetValue(value, out var nodes))
            nodes.Remove(node);
    }
}

/// <summary>How many branches of each kind a conversation has: the next one's number.</summary>
internal sealed class ConversationTally
{
    public int Subagents { get; set; }

    /// <summary>Names taken since: two branches may begin in one second.</summary>
    public HashSet<string> Names { get; } = [];

    public void Take(string name)
    {
        Names.Add(name);
        if (BranchNames.IsSubagent(name))
            Subagents++;
    }
}

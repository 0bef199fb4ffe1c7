using Nexus.Web.Conversations;
using Xunit;

namespace Nexus.Web.Tests.Conversations;

/// <summary>Orders in which a story's requests may be stored, and what must come out of them all.</summary>
internal static class Trees
{
    public static Scene[] Shuffled(List<Scene> scenes, Random random)
    {
        Scene[] shuffled = [.. scenes];
        random.Shuffle(shuffled);
        return shuffled;
    }

    public static List<Scene> Causal(List<Scene> scenes, Random random)
    {
        var (waiting, order) = (scenes.ToList(), new List<Scene>());
        while (waiting.Count > 0)
        {
            var ready = waiting.Where(scene => (scene.Parent is null || order.Contains(scene.Parent)) && (scene.AttemptOf is null || order.Contains(scene.AttemptOf))).ToList();
            var next = ready[random.Next(ready.Count)];
            waiting.Remove(next);
            order.Add(next);
        }

        return order;
    }

    /// <summary>Conversations, nodes, parents and branches are those of the story.</summary>
    public static void AssertAre(List<Scene> scenes, LinkIndex index)
    {
        foreach (var scene in scenes)
        {
            var node = index.Node(index.Find(scene.Id)!);
            Assert.True(node.Id == scene.Node.Id || index.Find(scene.Node.Id)!.AttemptOf == node.Id || index.Find(scene.Node.Id)! == node, $"the node of {scene}");
            var parent = node.Parent is { } id ? index.Node(index.Find(id)!) : null;
            var expected = scene.Parent is { } before ? index.Node(index.Find(before.Id)!) : null;
            Assert.True(parent == expected, $"{scene} hangs on {scenes.Find(other => other.Id == node.Parent)}");
            foreach (var other in scenes)
                Assert.True(Conversation(index, scene) == Conversation(index, other) == (scene.Conversation == other.Conversation), $"{scene} and {other}");
            AssertBranch(scenes, index, scene);
        }
    }

    private static Guid Conversation(LinkIndex index, Scene scene) => index.Node(index.Find(scene.Id)!) is var node ? node.Conversation ?? node.Id : default;

    private static void AssertBranch(List<Scene> scenes, LinkIndex index, Scene scene)
    {
        var branch = index.Find(scene.Id)!.Branch ?? "main";
        var expected = scene.Node switch
        {
            { IsSide: true } => "side",
            { Kind: "subagent" } => "subtask_",
            { Kind: "compacted" } => "compact_",
            { Parent: null } => "main",
            { Parent: { } parent } node when scenes.Find(other => other.Parent == parent && other.Kind == "turn" && other.AttemptOf is null) == node => index.Find(parent.Id)!.Branch ?? "main",
            _ => "branch_",
        };
        Assert.True(branch.StartsWith(expected, StringComparison.Ordinal), $"{scene} is on {branch}, not {expected}\n" + string.Join('\n', scenes.Where(other => other.Conversation == scene.Conversation).Select(other => $"{index.Find(other.Id)!.Branch} {other.ToString().Split('{')[0]}")));
    }
}

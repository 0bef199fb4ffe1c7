using CsCheck;
using Nexus.Web.Conversations;
using Xunit;

namespace Nexus.Web.Tests.Conversations;

public sealed class LinkerTests
{
    [Fact]
    public void The_tree_that_went_in_comes_out_in_any_order_in_which_answers_precede_what_follows_from_them() =>
        Gen.Select(Plot.Any.List[1, 4], Gen.Int[0, 1000]).Sample((plots, order) =>
        {
            var scenes = StoryTeller.Tell(plots, sameOpenings: true);
            Check(scenes, Causal(scenes, new Random(order)));
        }, iter: 3000);

    [Fact]
    public void Parents_that_come_late_take_their_place() =>
        Gen.Select(Plot.Any.List[1, 3], Gen.Int[0, 1000]).Sample((plots, order) =>
        {
            // What hangs on an answer's words, or repeats a failure, needs to come after it.
            var plain = plots.Select(plot => plot with { Steps = [.. plot.Steps.Where(step => step.Kind <= 3).Select(step => step with { Noise = step.Noise / 12 * 12 })] }).ToList();
            var scenes = StoryTeller.Tell(plain, sameOpenings: false);
            Check(scenes, Shuffled(scenes, new Random(order)));
        }, iter: 3000);

    private static Scene[] Shuffled(List<Scene> scenes, Random random)
    {
        Scene[] shuffled = [.. scenes];
        random.Shuffle(shuffled);
        return shuffled;
    }

    private static List<Scene> Causal(List<Scene> scenes, Random random)
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

    private static void Check(List<Scene> scenes, IReadOnlyList<Scene> order)
    {
        var index = new LinkIndex();
        var linker = new Linker(index);
        var reader = new EvidenceReader();
        foreach (var scene in order)
        {
            var (node, evidence, answer) = scene.Read(reader);
            linker.Place(node, evidence, answer);
        }

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

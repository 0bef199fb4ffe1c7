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
            Check(scenes, Trees.Causal(scenes, new Random(order)));
        }, iter: 1000);

    [Fact]
    public void Parents_that_come_late_take_their_place() =>
        Gen.Select(Plot.Any.List[1, 3], Gen.Int[0, 1000]).Sample((plots, order) =>
        {
            // What hangs on an answer's words, or repeats a failure, needs to come after it.
            var plain = plots.Select(plot => plot with { Steps = [.. plot.Steps.Where(step => step.Kind <= 3).Select(step => step with { Noise = step.Noise / 12 * 12 })] }).ToList();
            var scenes = StoryTeller.Tell(plain, sameOpenings: false);
            Check(scenes, Trees.Shuffled(scenes, new Random(order)));
        }, iter: 1000);

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
        Trees.AssertAre(scenes, index);
    }
}

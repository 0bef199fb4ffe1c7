using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Conversations;

/// <summary>A node of the drawn tree, in a row and a lane of its own branch.</summary>
/// <param name="Folded">Requests that this one stands for besides itself, when a long run is folded.</param>
public sealed record TreeNode(
    Guid Id, Guid? Parent, int Row, int Lane, string Branch, string Kind, bool Starts, string Call, DateTimeOffset At, string? Model, int ToolCalls, double Context, string? Error, string Outcome, int Attempts, int Folded)
{
    public bool Failed => Outcomes.IsFailed(Outcome);
}

/// <summary>A conversation drawn as a graph: a row per request, the main line straight in lane 0, each other branch in the first lane that is free for all of its rows.</summary>
public sealed record TreeLayout(IReadOnlyList<TreeNode> Nodes, int Rows, int Lanes, int Hidden)
{
    /// <summary>Longer trees fold their long runs.</summary>
    private const int FoldFrom = 150;

    /// <summary>A run's first and last requests stay.</summary>
    private const int ShortestFold = 8;

    internal static TreeLayout Of(IReadOnlyList<LedgerRow> rows, bool all, bool newestFirst)
    {
        var attempts = new Attempts(rows);
        var nodes = rows.Where(row => row.AttemptOf is null).ToList();
        var folded = all || nodes.Count < FoldFrom ? [] : Fold(nodes, attempts);
        var shown = nodes.Where(row => !folded.ContainsKey(row.Id) || folded[row.Id] > 0).ToList();
        var lanes = LanesOf(shown);
        var known = nodes.ToDictionary(row => row.Id);
        var visible = shown.Select(row => row.Id).ToHashSet();
        var windows = ContextWindows.Remembered();
        var drawn = shown.Select((row, place) =>
        {
            var answered = attempts.Answered(row);
            var model = answered.ModelServed ?? answered.ModelRequested;
            var branch = row.BranchId ?? BranchNames.Main;
            var parent = row.ParentId is { } id && known.TryGetValue(id, out var above) ? above : null;
            var starts = parent is not null && (parent.BranchId ?? BranchNames.Main) != branch;
            while (parent is not null && !visible.Contains(parent.Id))
                parent = parent.ParentId is { } next ? known.GetValueOrDefault(next) : null;
            return new TreeNode(
                row.Id, parent?.Id, newestFirst ? shown.Count - 1 - place : place, lanes[branch], branch, BranchNames.Kind(row.BranchId), starts, row.Lane, row.StartedAt, model, answered.ToolCalls,
                (double)ConversationSums.Prompt(answered) / windows(model).Tokens, answered.ErrorMessage ?? answered.ErrorType, answered.Outcome, attempts.Of(row).Count(), folded.GetValueOrDefault(row.Id));
        }).ToList();
        return new(drawn, shown.Count, lanes.Count == 0 ? 0 : lanes.Values.Max() + 1, nodes.Count - shown.Count);
    }

    /// <summary>Which requests are folded away (0), and which stand for how many.</summary>
    private static Dictionary<Guid, int> Fold(List<LedgerRow> nodes, Attempts attempts)
    {
        var children = nodes.Where(row => row.ParentId is not null).ToLookup(row => row.ParentId!.Value);
        var folded = new Dictionary<Guid, int>();
        foreach (var branch in nodes.GroupBy(row => row.BranchId ?? BranchNames.Main).Where(group => group.Key != BranchNames.Side))
        {
            var run = new List<LedgerRow>();
            foreach (var row in branch.Append(null!))
            {
                var plain = row is not null && attempts.Answered(row).Outcome == "completed" && children[row.Id].Count() <= 1 && children[row.Id].All(child => child.BranchId == row.BranchId);
                if (plain)
                {
                    run.Add(row!);
                    continue;
                }

                if (run.Count >= ShortestFold)
                {
                    foreach (var inner in run.Skip(1).SkipLast(2))
                        folded[inner.Id] = 0;
                    folded[run[^2].Id] = run.Count - 3;
                }

                run.Clear();
            }
        }

        return folded;
    }

    private static Dictionary<string, int> LanesOf(List<LedgerRow> shown)
    {
        var spans = new Dictionary<string, (int First, int Last)>();
        for (var i = 0; i < shown.Count; i++)
        {
            var branch = shown[i].BranchId ?? BranchNames.Main;
            spans[branch] = spans.TryGetValue(branch, out var span) ? (span.First, i) : (i, i);
        }

        var lanes = new Dictionary<string, int>();
        var free = new List<int>();
        foreach (var (branch, span) in spans.OrderByDescending(pair => pair.Key == BranchNames.Main).ThenByDescending(pair => pair.Key == BranchNames.Side).ThenBy(pair => pair.Value.First))
        {
            // The main line and what is beside it keep their lanes from end to end.
            var lane = branch is BranchNames.Main or BranchNames.Side ? free.Count : free.FindIndex(last => last < span.First - 1);
            if (lane < 0 || lane == free.Count)
            {
                lane = free.Count;
                free.Add(0);
            }

            free[lane] = branch is BranchNames.Main or BranchNames.Side ? int.MaxValue : span.Last;
            lanes[branch] = lane;
        }

        return lanes;
    }
}

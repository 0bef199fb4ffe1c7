using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>The shapes and words of a conversation's tree as SVG, written as text: thousands of nodes as components take most of the time of the page.</summary>
/// <param name="tree">What is drawn.</param>
/// <param name="clock">The viewer's, where it is known: no script writes times into a drawing.</param>
internal sealed class TreeDrawing(TreeLayout tree, ViewerClock? clock)
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private const int RowHeight = 28;
    private const int LaneWidth = 22;

    /// <summary>Characters that a node takes, about.</summary>
    private const int NodeLength = 700;

    private readonly StringBuilder _svg = new(tree.Nodes.Count * NodeLength);
    private readonly Dictionary<Guid, TreeNode> _known = tree.Nodes.ToDictionary(node => node.Id);
    private readonly Dictionary<string, string> _tones = [];

    public int Width => TextAt + 420;

    public int Height => (Math.Max(1, tree.Rows) * RowHeight) + 16;

    private int TextAt => 24 + (tree.Lanes * LaneWidth) + 56;

    /// <summary>What is inside the svg element. Words are encoded.</summary>
    public string Inside()
    {
        foreach (var node in tree.Nodes.Where(node => node.Parent is not null))
            Edge(node);
        foreach (var node in tree.Nodes)
            Node(node);
        return _svg.ToString();
    }

    private static int X(TreeNode node) => 20 + (node.Lane * LaneWidth);

    private static int Y(TreeNode node) => 22 + (node.Row * RowHeight);

    private void Edge(TreeNode node)
    {
        var parent = _known[node.Parent!.Value];
        var (x1, y1, x2, y2) = (X(parent), Y(parent), X(node), Y(node));
        _svg.Append(Plain, $"<path class=\"edge {Tone(node)}{(node.Starts ? " starts" : "")}\" d=\"");
        if (x1 == x2)
        {
            _svg.Append(Plain, $"M{x1} {y1} V{y2}\"></path>\n");
            return;
        }

        // Out of the parent's lane within one row, then straight along its own.
        var bend = y1 + (y2 > y1 ? Math.Min(RowHeight, y2 - y1) : Math.Max(-RowHeight, y2 - y1));
        var middle = (y1 + bend) / 2.0;
        _svg.Append(Plain, $"M{x1} {y1} C{x1} {middle:0.#} {x2} {middle:0.#} {x2} {bend} V{y2}\"></path>\n");
    }

    private void Node(TreeNode node)
    {
        var (x, y) = (X(node), Y(node));
        _svg.Append(Plain, $"<a href=\"/dashboard/request/{node.Id}\" class=\"node {node.Kind} {Tone(node)}{(node.Failed ? " bad" : "")}\" id=\"n-{node.Id}\"><title>{Text(Words(node))}</title><rect class=\"hit\" x=\"0\" y=\"{y - 14}\" width=\"{Width}\" height=\"28\"></rect>");
        Mark(node.Kind, x, y);
        _svg.Append(Plain, $"<text x=\"{TextAt}\" y=\"{y + 4}\">{Text(clock?.Exact(node.At) ?? Display.Utc(node.At))} {Text(Label(node))}</text>");
        if (node.Context > 0 && node.Kind != "side")
        {
            var full = node.Context > 0.9 ? " bad" : node.Context > 0.7 ? " warn" : "";
            _svg.Append(Plain, $"<rect class=\"track\" x=\"{TextAt - 54}\" y=\"{y - 3}\" width=\"44\" height=\"6\" rx=\"3\"></rect><rect class=\"fill{full}\" x=\"{TextAt - 54}\" y=\"{y - 3}\" width=\"{Math.Clamp(node.Context, 0.03, 1) * 44:0.#}\" height=\"6\" rx=\"3\"></rect>");
        }

        _svg.Append("</a>\n");
    }

    private void Mark(string kind, int x, int y)
    {
        switch (kind)
        {
            case "subagent":
                _svg.Append(Plain, $"<rect class=\"mark\" x=\"{x - 6}\" y=\"{y - 6}\" width=\"12\" height=\"12\" rx=\"2\"></rect>");
                break;
            case "compaction":
                _svg.Append(Plain, $"<path class=\"mark\" d=\"M{x} {y - 8} l8 8 l-8 8 l-8 -8 z\"></path>");
                break;
            default:
                _svg.Append(Plain, $"<circle class=\"mark\" cx=\"{x}\" cy=\"{y}\" r=\"{(kind == "side" ? "3.5" : "6")}\"></circle>");
                break;
        }
    }

    /// <summary>A branch keeps its colour: it follows from its name.</summary>
    private string Tone(TreeNode node)
    {
        if (node.Kind is "main" or "side")
            return node.Kind;
        if (!_tones.TryGetValue(node.Branch, out var tone))
            _tones[node.Branch] = tone = "tone" + (node.Branch.Aggregate(0, (hash, letter) => unchecked((hash * 31) + letter)) & 7);
        return tone;
    }

    private static string Label(TreeNode node) => string.Join(" · ", new[]
    {
        node.Folded > 0 ? $"… {node.Folded} requests folded before" : null,
        node.Starts && node.Kind is not "side" ? node.Branch : null,
        node.Kind == "side" ? Display.Words(node.Call) : null,
        node.Failed ? Display.Words(node.Outcome) : null,
        node.ToolCalls > 0 ? $"{node.ToolCalls} {(node.ToolCalls == 1 ? "tool" : "tools")}" : null,
        node.Attempts > 0 ? $"asked {node.Attempts + 1} times" : null,
        node.Model,
    }.Where(part => part is not null));

    private string Words(TreeNode node) => $"{(clock is null ? "" : clock.Exact(node.At) + " · ")}{Display.Utc(node.At)}, {node.Branch}, {node.Model}, context {Display.Percent(node.Context)}{(node.Error is null ? "" : ": " + node.Error)}";

    private static string Text(string words) => Encoder.Encode(words);
}

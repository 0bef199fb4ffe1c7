using System.Globalization;

namespace Nexus.Bench.Upstream;

/// <summary>
/// How the caller wants to be answered: the header <c>x-simulate</c>, or the model's name after <c>simulate:</c>, as
/// <c>name=value</c> pairs between commas.
/// </summary>
/// <remarks>
/// <c>status</c> (an error's), <c>retry-after</c> (s), <c>first</c> and <c>gap</c> (ms before the first and each further event),
/// <c>words</c> (of text), <c>thinking</c> (words of it), <c>tool</c> (a name), <c>cut</c>, <c>stall</c> and <c>error</c>
/// (after how many events).
/// </remarks>
internal sealed class Instructions(string text)
{
    private readonly Dictionary<string, string> _pairs = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(pair => pair.Split('=', 2)).GroupBy(pair => pair[0]).ToDictionary(pairs => pairs.Key, pairs => pairs.Last().ElementAtOrDefault(1) ?? "");

    public Plan Plan(string model, int bodyBytes)
    {
        List<Block> blocks = [];
        if (Number("thinking") is { } thoughts)
            blocks.Add(Block.Thinks(Corpus.Words(thoughts)));
        blocks.Add(Block.Says(Corpus.Words(Number("words") ?? 40)));
        if (_pairs.TryGetValue("tool", out var tool))
            blocks.Add(Block.Calls(tool, new System.Text.Json.Nodes.JsonObject { ["description"] = Corpus.Words(5) }));
        var status = Number("status") ?? 200;
        return new(
            model,
            blocks,
            tool is null ? "end_turn" : "tool_use",
            new(Math.Max(1, bodyBytes / 4), blocks.Sum(block => block.Text.Length) / 4),
            status,
            TypeOf(status),
            status == 529 ? "Overloaded" : "Simulated error",
            Number("retry-after"),
            TimeSpan.FromMilliseconds(Number("first") ?? 0),
            TimeSpan.FromMilliseconds(Number("gap") ?? 0),
            Number("cut") is not null ? Fault.Cut : Number("stall") is not null ? Fault.Stall : Number("error") is not null ? Fault.ErrorEvent : Fault.None,
            Number("cut") ?? Number("stall") ?? Number("error") ?? 0);
    }

    public static string TypeOf(int status) => status switch
    {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };

    private int? Number(string name) => _pairs.TryGetValue(name, out var value) && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

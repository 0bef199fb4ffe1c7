using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>Checks a value by the part of JSON Schema that <see cref="AnalysisSchema"/> uses: small enough to need no library, whose words a model could not follow.</summary>
internal static class SchemaCheck
{
    private const int MostProblems = 20;

    public static IReadOnlyList<string> Problems(JsonNode? value, JsonObject schema)
    {
        var problems = new List<string>();
        Look(value, schema, "the analysis", problems);
        return problems.Count > MostProblems ? [.. problems.Take(MostProblems), $"and {problems.Count - MostProblems} more"] : problems;
    }

    private static void Look(JsonNode? value, JsonObject schema, string at, List<string> problems)
    {
        switch (schema["type"]!.GetValue<string>())
        {
            case "object" when value is JsonObject given:
                Members(given, schema, at, problems);
                break;
            case "array" when value is JsonArray items:
                Items(items, schema, at, problems);
                break;
            case "string" when value?.GetValueKind() == JsonValueKind.String:
                Word(value.GetValue<string>(), schema, at, problems);
                break;
            case "number" when value?.GetValueKind() == JsonValueKind.Number:
                Number(value.GetValue<double>(), schema, at, problems);
                break;
            case var type:
                problems.Add($"{at} must be {(type is "object" or "array" ? "an" : "a")} {type}, not {(value is null ? "null or missing" : value.GetValueKind().ToString().ToLowerInvariant())}");
                break;
        }
    }

    private static void Members(JsonObject given, JsonObject schema, string at, List<string> problems)
    {
        var known = schema["properties"]!.AsObject();
        var required = schema["required"]!.AsArray().Select(name => name!.GetValue<string>()).ToHashSet();
        foreach (var name in required.Where(name => !given.ContainsKey(name)))
            problems.Add($"{at} lacks '{name}'");
        foreach (var (name, value) in given)
        {
            if (!known.TryGetPropertyValue(name, out var member))
                problems.Add($"{at} has '{Shown(name)}', which is not in the schema");
            else if (value is not null || required.Contains(name)) // what is optional may also be null
                Look(value, member!.AsObject(), at == "the analysis" ? name : $"{at}.{name}", problems);
        }
    }

    private static void Items(JsonArray items, JsonObject schema, string at, List<string> problems)
    {
        if (items.Count < Limit(schema, "minItems", 0))
            problems.Add($"{at} needs at least {Limit(schema, "minItems", 0)} items");
        if (items.Count > Limit(schema, "maxItems", int.MaxValue))
            problems.Add($"{at} has {items.Count} items, {Limit(schema, "maxItems", 0)} is the most");
        for (var i = 0; i < items.Count && problems.Count <= MostProblems; i++)
            Look(items[i], schema["items"]!.AsObject(), string.Create(CultureInfo.InvariantCulture, $"{at}[{i}]"), problems);
    }

    private static void Word(string text, JsonObject schema, string at, List<string> problems)
    {
        if (text.Trim().Length < Limit(schema, "minLength", 0))
            problems.Add($"{at} is empty");
        if (schema["enum"] is JsonArray words && words.All(word => word!.GetValue<string>() != text))
            problems.Add($"{at} is '{Shown(text)}', but must be one of {string.Join(", ", words.Select(word => word!.GetValue<string>()))}");
    }

    private static void Number(double number, JsonObject schema, string at, List<string> problems)
    {
        var (least, most) = (schema["minimum"]!.GetValue<double>(), schema["maximum"]!.GetValue<double>());
        if (number < least || number > most)
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{at} is {number}, but must be from {least} to {most}"));
    }

    private static int Limit(JsonObject schema, string name, int otherwise) => schema[name]?.GetValue<int>() ?? otherwise;

    private static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";
}

using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nexus.Web.Tests.Clients;

/// <summary>The scripted upstream's list of models, in pages.</summary>
internal static class Catalogue
{
    private static readonly string[] Ids = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5"];

    public static JsonObject? Find(string id) => Ids.Contains(id) ? Of(id) : null;

    public static JsonObject Page(IQueryCollection query)
    {
        var from = Array.IndexOf(Ids, query["after_id"].ToString()) + 1;
        var page = Ids.Skip(from).Take(query["limit"] is [{ } limit] ? int.Parse(limit, CultureInfo.InvariantCulture) : 20).ToList();
        return new()
        {
            ["data"] = new JsonArray([.. page.Select(Of)]),
            ["has_more"] = from + page.Count < Ids.Length,
            ["first_id"] = page.FirstOrDefault(),
            ["last_id"] = page.LastOrDefault(),
        };
    }

    private static JsonObject Of(string id) => new()
    {
        ["type"] = "model",
        ["id"] = id,
        ["display_name"] = id,
        ["created_at"] = "2026-06-01T00:00:00Z",
        ["max_input_tokens"] = 200_000,
        ["max_tokens"] = 64_000,
    };
}

using System.Globalization;
using System.Text.Json;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages.Shared;

/// <summary>What one limit said of a request, in words.</summary>
public sealed record PolicyLine(string Text, bool Refused)
{
    /// <summary>The lines of the ledger's column <c>policy</c>.</summary>
    public static IReadOnlyList<PolicyLine> Of(string? policy)
    {
        if (policy is null)
            return [];
        using var json = JsonDocument.Parse(policy);
        return [.. json.RootElement.EnumerateArray().Select(Line)];
    }

    private static PolicyLine Line(JsonElement one)
    {
        var verdict = Field(one, "verdict");
        if (verdict == "unknown")
            return new("Limits had not been read since the gateway's start: decided by BUDGETS_FAIL.", false);
        var refused = verdict != "allowed";
        var subject = Field(one, "subject") is { Length: > 0 } name ? $" for {Field(one, "scope")} {name}" : "";
        var ending = verdict switch { "allowed" => "→ allowed", "held" => "→ refused for a moment: the rest is reserved by requests in flight", _ => "→ refused" };
        if (one.TryGetProperty("what", out var what))
            return new($"Limit '{Field(one, "name")}'{subject}: {Number(one, "rate").ToString("N0", CultureInfo.InvariantCulture)} {what.GetString()} {(what.GetString() == "streams" ? "at a time" : $"per {one.GetProperty("windowSeconds").GetDouble().ToString("0.#", CultureInfo.InvariantCulture)} s")} {ending}.", refused);
        if (!one.TryGetProperty("budget", out _))
            return new($"Limit '{Field(one, "name")}'{subject}: within its rates {ending}.", refused);
        string Amount(string field) => Field(one, "unit") == "tokens" ? Display.Exact(Number(one, field)) + " tokens" : Display.Money(Number(one, field));
        return new($"Budget '{Field(one, "name")}'{subject}: {Amount("used")} of {Amount("budget")} used, {Amount("reserved")} reserved by others, {Amount("estimate")} by this request {ending}{(one.TryGetProperty("hard", out var hard) && !hard.GetBoolean() ? " (it only alerts)" : "")}.", refused);
    }

    private static string Field(JsonElement one, string name) => one.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static long Number(JsonElement one, string name) => one.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
}

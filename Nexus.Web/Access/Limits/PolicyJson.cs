using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Nexus.Web.Access.Limits;

/// <summary>
/// Decisions as the ledger's column <c>policy</c> keeps them: an array, one object per limit in the order they were asked, the
/// last one the one that refused. Amounts are in the limit's unit.
/// </summary>
internal static class PolicyJson
{
    public static string Write(List<Decision> decisions)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartArray();
            foreach (var decision in decisions)
                One(json, decision);
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void One(Utf8JsonWriter json, in Decision decision)
    {
        var limit = decision.Gate.Limit;
        json.WriteStartObject();
        json.WriteString("limit"u8, limit.Id);
        json.WriteString("name"u8, limit.Name);
        json.WriteString("scope"u8, limit.Scope);
        json.WriteString("subject"u8, decision.Gate.Subject);
        json.WriteString("verdict"u8, decision.Verdict switch { Verdict.Allowed => "allowed"u8, Verdict.Budget => "budget"u8, Verdict.Held => "held"u8, _ => "rate"u8 });
        if (decision.What is { } what)
        {
            json.WriteString("what"u8, what);
            json.WriteNumber("rate"u8, decision.Budget);
            json.WriteNumber("windowSeconds"u8, limit.RateWindow.TotalSeconds);
        }
        else if (limit.Amount is not null)
        {
            json.WriteString("unit"u8, limit.Unit);
            json.WriteNumber("budget"u8, decision.Budget);
            json.WriteNumber("used"u8, decision.Used);
            json.WriteNumber("reserved"u8, decision.Reserved);
            json.WriteNumber("estimate"u8, decision.Reserve);
            if (decision.Period.End != Period.Never)
                json.WriteString("resets"u8, decision.Period.End);
            json.WriteBoolean("hard"u8, limit.Hard);
        }

        json.WriteEndObject();
    }
}

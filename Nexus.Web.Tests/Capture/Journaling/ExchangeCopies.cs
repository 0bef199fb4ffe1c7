using Nexus.Web.Capture;
using Nexus.Web.Capture.Journaling;

namespace Nexus.Web.Tests.Capture.Journaling;

internal static class ExchangeCopies
{
    /// <summary>The exchanges that can be read, with bodies that outlive the next one.</summary>
    public static List<RecordedExchange> Copies(this IReadOnlyList<EndedExchange> ended, JournalReader reader) =>
        [.. ended.Select(reader.Read).OfType<RecordedExchange>().Select(exchange => exchange with { RequestBody = exchange.RequestBody.ToArray(), ResponseBody = exchange.ResponseBody.ToArray() })];
}

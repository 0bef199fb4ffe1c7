using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Nexus.Web.Pages.Live;

/// <summary>The answer to a live page when all places are taken: one event that says so. The words of another status no browser shows to anybody.</summary>
internal static class FullHouse
{
    /// <summary>For who does not know the event: the page's script asks no more.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(1);

    /// <param name="why">Without a full stop.</param>
    public static IResult Of(string why) => TypedResults.ServerSentEvents(ReadAsync(why));

    private static async IAsyncEnumerable<SseItem<string>> ReadAsync(string why, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask.WaitAsync(cancellation);
        yield return new($"Not live: {why}. Close others, then load this one again", "full") { ReconnectionInterval = Later };
    }
}

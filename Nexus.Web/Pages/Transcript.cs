using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>A conversation along one of its branches, as a chat.</summary>
/// <param name="Turns">Numbered from 1 over all stretches.</param>
/// <param name="Missing">Requests on the way of which nothing is kept.</param>
internal sealed record Transcript(IReadOnlyList<ContentBlock> System, IReadOnlyList<string> Tools, IReadOnlyList<Turn> Turns, IReadOnlyList<ContentBlock> Answer, LedgerRow? Last, int Missing)
{
    public static async Task<Transcript> ReadAsync(IReadOnlyList<PathStretch> path, PayloadReader payloads, CancellationToken cancellation)
    {
        var turns = new List<Turn>();
        var missing = 0;
        StoredConversation? last = null;
        IReadOnlyList<ContentBlock> answer = [];
        foreach (var stretch in path)
        {
            if (answer.Count > 0)
                turns.Add(new(turns.Count + 1, "assistant", answer));
            answer = [];
            foreach (var row in await NeededAsync(stretch, payloads, cancellation))
            {
                if (row is null)
                {
                    missing++;
                    continue;
                }

                if (answer.Count > 0)
                    turns.Add(new(turns.Count + 1, "assistant", answer));
                turns.AddRange(row.Turns(0, row.Count).Select(turn => turn with { Number = turns.Count + turn.Number }).ToList());
                answer = row.Answer();
                last = row;
            }
        }

        return new(last?.System ?? [], last?.Tools ?? [], turns, answer, path.Count == 0 ? null : path[^1].Rows[^1], missing);
    }

    /// <summary>Of a stretch the last request has everything, but of a message thread each has only what is new.</summary>
    private static async Task<List<StoredConversation?>> NeededAsync(PathStretch stretch, PayloadReader payloads, CancellationToken cancellation)
    {
        var needed = new List<StoredConversation?>();
        for (var i = stretch.Rows.Count - 1; i >= 0; i--)
        {
            var payload = await payloads.ReadAsync(stretch.Rows[i].Id, cancellation);
            var stored = payload?.RequestBody is null ? null : new StoredConversation(payload);
            needed.Insert(0, stored);
            if (stored is { GoesOnFromThread: false })
                break;
        }

        return needed;
    }
}

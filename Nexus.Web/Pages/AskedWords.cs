using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared;

namespace Nexus.Web.Pages;

/// <summary>What was asked in each turn of one way through a conversation, one line each.</summary>
internal static class AskedWords
{
    private const string Reminder = "<system-reminder>";

    /// <summary>By request; turns in which nobody typed are not in it. One body a stretch is read: its last has the whole history.</summary>
    public static async Task<IReadOnlyDictionary<Guid, string>> ReadAsync(IReadOnlyList<PathStretch> path, PayloadReader payloads, CancellationToken cancellation)
    {
        var asked = new Dictionary<Guid, string>();
        var before = 0;
        foreach (var stretch in path)
        {
            if (stretch.AfterCompaction)
                before = 0;
            if (await payloads.ReadAsync(stretch.Rows[^1].Id, cancellation) is not { RequestBody: not null } payload || new StoredConversation(payload) is not { GoesOnFromThread: false } stored)
                continue;
            foreach (var row in stretch.Rows)
            {
                var past = row == stretch.Rows[^1] ? stored.Count : Math.Min(row.MessageCount, stored.Count);
                var typed = stored.Turns(before, Math.Max(before, past)).Where(turn => turn.Role == "user").SelectMany(turn => turn.Blocks)
                    .Where(block => block.Kind == "text" && !block.Text.StartsWith(Reminder, StringComparison.Ordinal)).Select(block => block.Text);
                if (HumanWords.Title(HumanWords.Of(typed)) is { } words)
                    asked[row.Id] = words;
                before = Math.Max(before, past);
            }
        }

        return asked;
    }
}

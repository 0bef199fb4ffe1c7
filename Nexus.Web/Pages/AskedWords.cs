using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Conversations;

namespace Nexus.Web.Pages;

/// <summary>What was asked in each turn of one way through a conversation, one line each, and which tools its answer called.</summary>
/// <param name="Asked">By request; turns in which nobody typed are not in it.</param>
/// <param name="Called">By request; turns without calls are not in it.</param>
internal sealed record AskedWords(IReadOnlyDictionary<Guid, string> Asked, IReadOnlyDictionary<Guid, IReadOnlyList<CalledTool>> Called)
{
    /// <summary>How texts begin that the client adds to what was typed.</summary>
    public const string Reminder = "<system-reminder>";

    /// <summary>One body a stretch is read: its last has the whole history.</summary>
    public static async Task<AskedWords> ReadAsync(IReadOnlyList<PathStretch> path, PayloadReader payloads, CancellationToken cancellation)
    {
        var asked = new Dictionary<Guid, string>();
        var called = new Dictionary<Guid, IReadOnlyList<CalledTool>>();
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
                if (row.ToolCalls > 0 && stored.Calls(past) is { Count: > 0 } calls)
                    called[row.Id] = calls;
                before = Math.Max(before, past);
            }
        }

        return new(asked, called);
    }
}

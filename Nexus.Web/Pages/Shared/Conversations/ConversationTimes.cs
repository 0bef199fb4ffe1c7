using Nexus.Web.Conversations;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>Where a conversation's time went, in milliseconds.</summary>
/// <param name="Model">From a request's arrival to its answer's end, summed over all requests.</param>
/// <param name="Tools">From the end of an answer that calls tools to the arrival of the request that goes on from it: the model's own time is not in it.</param>
/// <param name="Person">From the end of an answer that ends a turn to the arrival of the next request on the line.</param>
public sealed record ConversationTimes(double Model, double Tools, double Person, int Replies)
{
    internal static ConversationTimes Of(IReadOnlyList<LedgerRow> rows)
    {
        var nodes = rows.Where(row => row.AttemptOf is null).ToDictionary(row => row.Id);
        var attempts = new Attempts(rows);
        double tools = 0, person = 0;
        var replies = 0;
        var followed = new HashSet<Guid>();
        foreach (var row in nodes.Values.OrderBy(row => row.StartedAt))
        {
            if (row.ParentId is not { } id || !nodes.TryGetValue(id, out var parent) || row.AgentId != parent.AgentId || row.BranchId is "side" || !followed.Add(id))
                continue;
            // Trying again is nobody's thinking: what counts is when the answer came that this one goes on from.
            var answered = attempts.Answered(parent);
            var gap = Math.Max(0, (row.StartedAt - answered.StartedAt).TotalMilliseconds - answered.DurationMs);
            if (answered.StopReason == "tool_use")
                tools += gap;
            else if (row.AgentId is null)
                (person, replies) = (person + gap, replies + 1);
        }

        return new(rows.Sum(row => (double)row.DurationMs), tools, person, replies);
    }
}

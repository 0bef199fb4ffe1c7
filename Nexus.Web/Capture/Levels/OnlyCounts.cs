using Nexus.Web.Access.Keys;
using Nexus.Web.Storage;

namespace Nexus.Web.Capture.Levels;

/// <summary>The ledger row of a request of which nothing is kept: who, which model, how many tokens, how it ended.</summary>
internal static class OnlyCounts
{
    public static void Leave(LedgerRow row)
    {
        row.RequestType = row.StopReason = row.Client = row.UpstreamRequestId = row.MessageId = null;
        row.SessionId = row.AgentId = row.ParentAgentId = null;
        row.BodyHash = null;
        row.Lane = row.KeyId == OwnKey.Id ? OwnKey.Lane : "other";
        (row.ToolCalls, row.MessageCount, row.Streaming) = (0, 0, false);
        (row.RequestBytes, row.ResponseBytes) = (0, 0);
        row.FirstTokenMs = null;
    }
}

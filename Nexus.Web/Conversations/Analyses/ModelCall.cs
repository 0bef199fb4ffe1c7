using System.Text.Json.Nodes;
using Nexus.Web.Capture;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>A call of the model, with what came of it so far: what broke off is paid for, too.</summary>
internal sealed class ModelCall
{
    /// <summary>It may have reached the model, and was not refused.</summary>
    public bool MayCost { get; set; }

    /// <summary>In the ledger; null while no answer has begun.</summary>
    public Guid? RequestId { get; set; }

    /// <summary>As far as it came; null while nothing of it has.</summary>
    public JsonObject? Message { get; set; }

    /// <summary>Of the message; of one that broke off as the ledger estimates it. Null when nothing is known.</summary>
    public TokenUsage? Usage
    {
        get
        {
            if (Message?["usage"] is not JsonObject usage)
                return null;
            var known = TokenUsage.From(usage);
            return MessageAssembler.Text(Message, "stop_reason") is null ? known with { Output = Math.Max(known.Output, StreamedOutput.Estimate(Message)) } : known;
        }
    }
}

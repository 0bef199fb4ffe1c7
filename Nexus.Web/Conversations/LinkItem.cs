using Nexus.Web.Storage;

namespace Nexus.Web.Conversations;

/// <summary>A request to be placed: its ledger row, and what it and its answer tell.</summary>
internal sealed record LinkItem(LedgerRow Row, LinkNode Node, LinkEvidence Evidence, AnswerEvidence Answer)
{
    public static LinkItem Of(LedgerRow row, LinkEvidence evidence, AnswerEvidence answer) => new(row, LinkNode.Of(row, evidence), evidence, answer);

    /// <summary>Writes the place into the row's columns.</summary>
    public void Settle()
    {
        (Row.ConversationId, Row.ParentId, Row.AttemptOf, Row.MissingParent) = (Node.Conversation, Node.Parent, Node.AttemptOf, Node.Missing);
        Row.BranchId = Node.Branch is BranchNames.Main ? null : Node.Branch;
        (Row.PrefixHash, Row.AnswerHash, Row.Person) = (Node.Prefix, Node.Answer, Node.Person);
    }
}

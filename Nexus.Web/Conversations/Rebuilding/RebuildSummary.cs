namespace Nexus.Web.Conversations.Rebuilding;

/// <summary>What a rebuild has done so far, or would do.</summary>
/// <param name="Requests">Looked at.</param>
/// <param name="Unkept">Of which nothing but hashes is kept: they stay in the place they had.</param>
/// <param name="Changed">Whose conversation, branch or parent is another than before.</param>
internal sealed record RebuildSummary(long Requests, long Unkept, long Changed, long ConversationsBefore, long ConversationsAfter)
{
    public static RebuildSummary operator +(RebuildSummary one, RebuildSummary other) => new(
        one.Requests + other.Requests, one.Unkept + other.Unkept, one.Changed + other.Changed, one.ConversationsBefore + other.ConversationsBefore, one.ConversationsAfter + other.ConversationsAfter);

    public string Words(bool dry) =>
        FormattableString.Invariant($"{Requests:N0} requests looked at, {Changed:N0} {(dry ? "would be" : "are")} placed elsewhere, {Unkept:N0} without a body; conversations: {ConversationsBefore:N0} before, {ConversationsAfter:N0} after.");
}

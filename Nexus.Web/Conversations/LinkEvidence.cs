using MemoryPack;

namespace Nexus.Web.Conversations;

/// <summary>What a request tells about its place, in hashes: enough to link one whose body is not kept.</summary>
/// <param name="End">The state of the chain of canonical blocks after the last block of the user.</param>
/// <param name="Boundaries">States where the assistant's turns begin, oldest first, the newest <see cref="MostBoundaries"/> of them: an earlier request ended there.</param>
/// <param name="Answers">States where the same turns end: what that request's answer led to.</param>
/// <param name="Interior">States between the user's last blocks: a request that got no answer ended there.</param>
/// <param name="Own">The hashes of the blocks, kept of a message thread's continuation alone, whose chain goes on from another request's.</param>
/// <param name="Prompt">Of the only user text, by which the call that launched a subagent is found; null with more than one message.</param>
/// <param name="Summaries">What a compacted conversation goes on from; null when it is none.</param>
/// <param name="Person">Who sent it: the device of Claude Code, else key owner or key and the <c>metadata.user_id</c>.</param>
/// <param name="Previous">Of <c>thread.previous_message_id</c>; null without one.</param>
/// <param name="Thread">A message thread: its answer's id may be gone on from.</param>
/// <param name="Opening">The first words a person typed; null when nothing is kept.</param>
/// <param name="Typed">What a person typed since the last answer; null when nothing was, or nothing is kept.</param>
[MemoryPackable]
internal sealed partial record LinkEvidence(
    long End,
    IReadOnlyList<long> Boundaries,
    IReadOnlyList<long> Answers,
    IReadOnlyList<long> Interior,
    IReadOnlyList<ulong>? Own,
    long? Prompt,
    IReadOnlyList<long>? Summaries,
    int Person,
    long? Previous,
    bool Thread,
    string? Opening,
    string? Typed)
{
    public const int MostBoundaries = 256;
    public const int MostInterior = 12;

    /// <summary>What may be known of it when nothing of its content may be.</summary>
    public LinkEvidence WithoutWords() => this with { Opening = null, Typed = null };
}

/// <summary>Something in an answer that a later request shows that it knows.</summary>
/// <param name="Hash">In its domain, of a launched subagent's prompt, of a compaction's summary, or of a message thread's message id.</param>
/// <param name="Position">Tells apart calls with the same prompt.</param>
internal readonly record struct Hook(long Hash, short Position);

/// <summary>What an answer tells about the place of requests to come.</summary>
/// <param name="Blocks">Hashes of its canonical blocks; null when they were not worth their cost, or the answer is not kept.</param>
internal sealed record AnswerEvidence(IReadOnlyList<ulong>? Blocks, IReadOnlyList<Hook> Hooks)
{
    public static AnswerEvidence None { get; } = new(null, []);
}

using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Conversations;

/// <summary>
/// Reads the evidence off a request and its answer. Nearly every message of a request was in the one before: what was made of
/// messages lately is kept by their hash. For one thread.
/// </summary>
internal sealed class EvidenceReader
{
    /// <summary>Messages of one generation; two are held, about 200 bytes each beside what people typed.</summary>
    private const int MostOfGeneration = 20_000;

    /// <summary>Longer histories are told apart by themselves, without what the last answer said.</summary>
    private const int ShortHistory = 4;

    private readonly RecentlySeen<CanonicalMessage> _known = new(MostOfGeneration);

    /// <summary>Null for what is in no conversation: other paths, bodies that are none, token counts outside of a session.</summary>
    public LinkEvidence? Read(StartMetadata start, ReadOnlySpan<byte> body, BodyCut cut, RequestFacts facts)
    {
        if (!IsLinked(facts) || !cut.IsObject)
            return null;
        var thread = cut.Member(body, "thread"u8);
        var previous = JsonSlice.Text(JsonSlice.Member(thread, "previous_message_id"u8));
        var chain = new BlockChain(start.Domain);
        var messages = new List<CanonicalMessage>(cut.Messages.Count);
        var endsWithUser = false;
        foreach (var piece in cut.Messages)
        {
            var message = Canonical(body[piece]);
            if (!ReferenceEquals(message, CanonicalMessage.Nothing))
                endsWithUser = message.FromUser;
            if (message.Blocks.Count > 0)
                messages.Add(message);
        }

        messages.ForEach(chain.Add);
        if (endsWithUser)
            chain.EndWithUser();
        var boundaries = chain.Boundaries.Take(chain.Answers.Count).ToList();
        return new(
            chain.End,
            [.. boundaries.TakeLast(LinkEvidence.MostBoundaries)],
            [.. chain.Answers.TakeLast(LinkEvidence.MostBoundaries)],
            [.. chain.Interior.TakeLast(LinkEvidence.MostInterior)],
            previous is null ? null : [.. messages.SelectMany(message => message.Blocks).Select(block => block.Hash)],
            messages is [{ Prompt: { } prompt }] ? In(start.Domain, prompt) : null,
            messages.Count > 0 ? messages[0].Summary?.Select(hash => In(start.Domain, hash)).ToList() : null,
            Person(start, JsonSlice.Text(JsonSlice.Member(cut.Member(body, "metadata"u8), "user_id"u8))),
            previous is null ? null : In(start.Domain, HashOfMessageId(previous)),
            JsonSlice.IsObject(thread),
            messages.FirstOrDefault(message => message.Words is not null)?.Words,
            Typed(messages));
    }

    /// <summary>What an answer tells. Texts of long histories' answers are not put together for it.</summary>
    /// <param name="outline">The answer's message with its blocks as they began; null when there is none.</param>
    /// <param name="whole">Assembles the answer with all its text.</param>
    public static AnswerEvidence OfAnswer(string domain, RequestFacts facts, LinkEvidence evidence, JsonObject? outline, Func<JsonObject?> whole)
    {
        if (outline is null)
            return AnswerEvidence.None;
        var hooks = new List<Hook>();
        var launches = (outline["content"] as JsonArray)?.Any(IsLaunch) == true;
        if (!launches && !evidence.Thread && facts.Lane != "compaction" && facts.SessionId is not null && facts.MessageCount > ShortHistory)
            return AnswerEvidence.None;
        if (whole() is not { } message || message["content"] is not JsonArray content || MessageAssembler.Serialize(content) is not { } bytes)
            return AnswerEvidence.None;
        var canonical = CanonicalMessage.Of(user: false, bytes);
        foreach (var prompt in content.Where(IsLaunch).Select(block => MessageAssembler.Text(block!["input"], "prompt")).OfType<string>().Take(short.MaxValue))
            hooks.Add(new(CanonicalMessage.HashOfPrompt(prompt), (short)hooks.Count));
        if (evidence.Thread && MessageAssembler.Text(message, "id") is { } id)
            hooks.Add(new(HashOfMessageId(id), 0));
        if (facts.Lane == "compaction" || AsksForSummary(evidence))
            hooks.AddRange(Compaction.SummariesIn(string.Concat(content.Select(block => MessageAssembler.Text(block, "text")))).Select((hash, place) => new Hook(hash, (short)place)));
        return new([.. canonical.Blocks.Select(block => block.Hash)], [.. hooks.Select(hook => hook with { Hash = In(domain, hook.Hash) })]);
    }

    private static bool AsksForSummary(LinkEvidence evidence) => evidence.Typed?.Contains("summary of the conversation", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Only Claude Code's sessions hold side calls together: outside of one, a title or a search is a request like others.</summary>
    private static bool IsLinked(RequestFacts facts) => facts.Lane != "other" && (facts.Lane != "count" || facts.SessionId is not null);

    private static bool IsLaunch(JsonNode? block) =>
        MessageAssembler.Text(block, "type") == "tool_use" && MessageAssembler.Text(block, "name") is "Task" or "Agent" && block!["input"] is JsonObject;

    private static string? Typed(List<CanonicalMessage> messages)
    {
        var words = messages.Skip(messages.FindLastIndex(message => !message.FromUser) + 1).Select(message => message.Words).OfType<string>().ToList();
        return words.Count == 0 ? null : string.Join('\n', words);
    }

    private static long In(string domain, long hash) => BlockChain.Next(BlockChain.Start(domain), unchecked((ulong)hash));

    private static long HashOfMessageId(string id) => unchecked((long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(id), 0x6D7367));

    /// <summary>A session's device stays when its token is refreshed or its key replaced; a plain user id names a person.</summary>
    private static int Person(StartMetadata start, string? user)
    {
        var device = user?.StartsWith('{') == true ? JsonSlice.Text(JsonSlice.Member(Encoding.UTF8.GetBytes(user), "device_id"u8)) : null;
        var name = device is { Length: > 0 } ? device : $"{start.Owner ?? start.KeyId}\0{user}";
        return unchecked((int)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan())));
    }

    private CanonicalMessage Canonical(ReadOnlySpan<byte> message)
    {
        var key = _known.KeyOf(message);
        if (_known.Find(key) is { } known)
            return known;
        var canonical = CanonicalMessage.Of(message);
        _known.Add(key, canonical);
        return canonical;
    }
}

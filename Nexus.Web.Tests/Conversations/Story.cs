using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Nexus.Web.Capture;
using Nexus.Web.Conversations;

namespace Nexus.Web.Tests.Conversations;

/// <summary>Something that happens in a conversation: which kind, at which of the requests so far, and how it is written.</summary>
internal sealed record Step(int Kind, int At, int Noise);

/// <summary>One client's conversation. Without a session it sends no identifier at all.</summary>
internal sealed record Plot(int Person, bool Session, int Prompt, IReadOnlyList<Step> Steps)
{
    public static Gen<Plot> Any { get; } =
        from person in Gen.Int[0, 2]
        from session in Gen.Bool
        from prompt in Gen.Int[0, 1]
        from steps in (from kind in Gen.Int[0, 9] from at in Gen.Int[0, 100] from noise in Gen.Int[0, 1000] select new Step(kind, at, noise)).List[0, 14]
        select new Plot(person, session, prompt, steps);
}

/// <summary>A request of the story: what is sent and answered, and where it belongs.</summary>
internal sealed class Scene
{
    public required int Conversation { get; init; }
    public required Scene? Parent { get; init; }

    /// <summary>turn, branch, retry, compaction, compacted, subagent, question.</summary>
    public required string Kind { get; init; }

    public required IReadOnlyList<JsonObject> History { get; init; }
    public required JsonArray Answer { get; init; }
    public string? Agent { get; init; }
    public bool Fails { get; init; }
    public Scene? AttemptOf { get; init; }
    public required byte[] Body { get; init; }
    public required StartMetadata Start { get; init; }
    public required Guid Id { get; init; }
    public bool IsSide => Kind is "compaction" or "question";

    /// <summary>The same node as others that repeat it.</summary>
    public Scene Node => AttemptOf ?? this;

    /// <summary>As the journal gives it to ingest, in another domain.</summary>
    public RecordedExchange Exchange(string domain)
    {
        var answer = Fails
            ? """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""
            : new JsonObject { ["id"] = $"msg_{Id}", ["type"] = "message", ["model"] = "claude-opus-5", ["content"] = Answer.DeepClone(), ["stop_reason"] = "end_turn", ["usage"] = new JsonObject { ["input_tokens"] = 10, ["output_tokens"] = 5 } }.ToJsonString();
        return new(Id, Start with { Domain = domain }, Body, new(Fails ? 529 : 200, [new("content-type", "application/json")], 1000), Encoding.UTF8.GetBytes(answer), [], new(Fails ? Outcome.UpstreamError : Outcome.Completed, 5000, 10, answer.Length), false);
    }

    public (LinkNode Node, LinkEvidence Evidence, AnswerEvidence Answer) Read(EvidenceReader reader)
    {
        var cut = BodyCut.Of(Body);
        var facts = RequestFacts.Of(Start, Body, cut);
        var evidence = reader.Read(Start, Body, cut, facts)!;
        var message = Fails ? null : new JsonObject { ["id"] = $"msg_{Id}", ["content"] = Answer.DeepClone() };
        var node = new LinkNode
        {
            Id = Id,
            At = Start.StartedAt,
            Domain = Start.Domain,
            Lane = facts.Lane,
            RequestType = facts.RequestType,
            Session = facts.SessionId,
            Agent = facts.AgentId,
            ParentAgent = facts.ParentAgentId,
            Person = evidence.Person,
            BodyHash = System.Security.Cryptography.SHA256.HashData(Body)[..16],
            Completed = !Fails,
            Prefix = evidence.End,
        };
        return (node, evidence, EvidenceReader.OfAnswer(Start.Domain, facts, evidence, message, () => message));
    }

    public override string ToString() => $"{Kind} {Id.ToString()[9..13]} c{Conversation} under {Parent?.Id.ToString()[9..13]} {Start.Headers.Find("x-claude-code-session-id")} {Agent} {(Fails ? "fails " : "")}{Encoding.UTF8.GetString(Body)}";
}

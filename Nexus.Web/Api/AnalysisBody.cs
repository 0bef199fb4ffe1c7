using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Conversations;
using Nexus.Web.Conversations.Analyses;

namespace Nexus.Web.Api;

/// <summary>What a request for an analysis names, with all that is wrong with it.</summary>
internal sealed class AnalysisBody
{
    private const int LongestBody = 64 << 10;
    private readonly List<string> _wrong = [];
    private JsonObject _json = [];
    private bool _tooLarge;

    public Guid Conversation { get; private set; }

    public string Branch { get; private set; } = BranchNames.Main;

    public string? Instruction { get; private set; }

    public IResult? Problem => _tooLarge ? Results.Json(new { error = $"The body is larger than {LongestBody} bytes." }, statusCode: StatusCodes.Status413PayloadTooLarge)
        : _wrong.Count == 0 ? null : Results.Json(new { error = "Invalid request", details = _wrong }, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>An empty body is an empty object.</summary>
    public static async Task<AnalysisBody> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var body = new AnalysisBody();
        try
        {
            if (await BytesAsync(request, cancellation) is not { } bytes)
                body._tooLarge = true;
            else if (bytes.Length > 0 && JsonNode.Parse(bytes.Span) is { } json)
                body.Take(json);
        }
        catch (JsonException)
        {
            body._wrong.Add("the body is not JSON");
        }

        return body;
    }

    /// <summary>They stand in the body. The branch may be left out: then it is the main line.</summary>
    public void NeedConversation()
    {
        Is(Word("conversationId", 100) ?? "", Word("branchId", AnalysisRequests.LongestBranch) ?? BranchNames.Main);
    }

    /// <summary>They stand in the address.</summary>
    public void Is(string conversation, string branch)
    {
        if (Guid.TryParseExact(conversation, "D", out var id))
            Conversation = id;
        else
            _wrong.Add("conversationId must be a UUID");
        if (branch.Length is 0 or > AnalysisRequests.LongestBranch)
            _wrong.Add($"branchId must have 1 to {AnalysisRequests.LongestBranch} characters");
        Branch = branch;
    }

    /// <summary>Null when there are more than may be, whatever the request says of its length.</summary>
    private static async Task<ReadOnlyMemory<byte>?> BytesAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.ContentLength > LongestBody)
            return null;
        var buffer = new byte[LongestBody + 1];
        var read = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        if (read > LongestBody)
            return null;
        return buffer.AsMemory(0, read);
    }

    private void Take(JsonNode json)
    {
        if (json is not JsonObject given)
        {
            _wrong.Add("the body is not a JSON object");
            return;
        }

        _json = given;
        Instruction = Word("customPrompt", AnalysisRequests.LongestInstruction);
    }

    private string? Word(string name, int longest)
    {
        if (_json[name] is not { } node)
            return null;
        if (node.GetValueKind() == JsonValueKind.String && node.GetValue<string>() is { } text && text.Length <= longest && !text.Contains('\0', StringComparison.Ordinal))
            return text;
        _wrong.Add($"{name} must be a text of at most {longest} characters");
        return null;
    }
}

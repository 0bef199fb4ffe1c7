using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Nexus.Web.Api;

/// <summary>Writes a request's detail as one flat object: the summary's fields and then its own (spec §6.1).</summary>
internal sealed class RequestDetailConverter : JsonConverter<RequestDetail>
{
    public override RequestDetail Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Details are written, never read.");

    public override void Write(Utf8JsonWriter writer, RequestDetail value, JsonSerializerOptions options)
    {
        var flat = (JsonObject)JsonSerializer.SerializeToNode(value.Request, options)!;
        flat["conversationId"] = value.ConversationId?.ToString();
        flat["branchId"] = value.BranchId;
        flat["parentRequestId"] = value.ParentRequestId?.ToString();
        flat["requestBody"] = value.RequestBody?.DeepClone();
        flat["responseBody"] = value.ResponseBody?.DeepClone();
        flat["usageData"] = value.UsageData?.DeepClone();
        flat["streamingChunks"] = JsonSerializer.SerializeToNode(value.StreamingChunks, options);
        flat.WriteTo(writer);
    }
}

using System.Text.Json;

namespace Nexus.Web.Access.Keys;

/// <summary>Keeps a key to the models it is allowed. A request whose model cannot be told, or that names several, is not let through on trust.</summary>
internal static class ModelGate
{
    /// <summary>For paths whose body is streamed through unread: a limited key may read, delete, cancel and upload, but start no model unseen.</summary>
    public static Denial? Judge(ClientKey key, HttpRequest request)
    {
        if (key.AllowedModels.Count == 0 || !HttpMethods.IsPost(request.Method))
            return null;
        var path = request.Path.Value ?? "";
        var harmless = path == "/v1/files" || (path.StartsWith("/v1/messages/batches/", StringComparison.Ordinal) && path.EndsWith("/cancel", StringComparison.Ordinal));
        return harmless ? null : Deny(key, $"what {path} would run cannot be checked");
    }

    /// <summary>For a body of /v1/messages. Counting tokens runs no model and is free.</summary>
    public static Denial? Judge(ClientKey key, HttpRequest request, ReadOnlySpan<byte> body)
    {
        if (key.AllowedModels.Count == 0 || request.Path.Value != "/v1/messages")
            return null;
        if (request.Headers.ContentEncoding.Count > 0 || !TryModels(body, out var models))
            return Deny(key, "the request's model cannot be read");
        foreach (var model in models)
            if (!ModelPatterns.Allow(key.AllowedModels, model))
                return Deny(key, $"'{(model.Length > 100 ? model[..100] : model)}' is not among them");
        return null;
    }

    private static Denial Deny(ClientKey key, string reason) =>
        new(StatusCodes.Status403Forbidden, "permission_error", $"The Nexus key '{key.Name}' is allowed these models: {string.Join(", ", key.AllowedModels)}; {reason}. Choose one of them, or ask the gateway's operator.");

    /// <summary>Every <c>model</c> at the top of the body: of a repeated name the upstream may take another than we.</summary>
    private static bool TryModels(ReadOnlySpan<byte> body, out List<string> models)
    {
        models = [];
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isModel = reader.ValueTextEquals("model"u8);
                reader.Read();
                if (isModel && reader.TokenType != JsonTokenType.String)
                    return false;
                if (isModel)
                    models.Add(reader.GetString()!);
                reader.Skip();
            }

            return models.Count > 0;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}

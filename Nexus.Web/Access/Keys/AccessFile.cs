using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials.Sealing;

namespace Nexus.Web.Access.Keys;

/// <summary>
/// What was known last, sealed under DATA_DIR/keys (0600), so that a start while the database is away still serves known callers
/// and keeps what was set about capture. It holds hashes of keys, never a key.
/// </summary>
internal sealed partial class AccessFile(CredentialSeal seal, IOptions<DataOptions> data, ILogger<AccessFile> logger)
{
    /// <summary>What versions before kept in clear; read where there is no other, and deleted.</summary>
    private readonly string _plain = Path.Combine(data.Value.KeysDirectory, "client-keys.json");

    private readonly SealedFile _file = new(seal, Path.Combine(data.Value.KeysDirectory, "client-keys.sealed"), logger);

    public KnownAccess? Read()
    {
        try
        {
            if ((_file.Read() ?? (File.Exists(_plain) ? File.ReadAllBytes(_plain) : null)) is not { } content)
                return null;
            var file = JsonSerializer.Deserialize(content, AccessJson.Default.AccessFileContent)!;
            return KnownAccess.Of(
                file.Keys.Select(key => new ClientKey(key.Id, KeyHash.From(key.Hash), key.Name, key.Owner, key.Domain, key.AllowedModels, key.Capture, key.ExpiresAt, key.RevokedAt)),
                file.Domains);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or ArgumentException or NullReferenceException)
        {
            Log.Unreadable(logger, data.Value.KeysDirectory, error.Message);
            return null;
        }
    }

    public void Write(KnownAccess known)
    {
        var content = new AccessFileContent(
            [.. known.Keys.Values.OrderBy(key => key.Id, StringComparer.Ordinal).Select(key => new StoredKey(key.Id, key.Hash.ToBytes(), key.Name, key.Owner, key.Domain, key.AllowedModels, key.Capture, key.ExpiresAt, key.RevokedAt))],
            new(known.Domains));
        if (!_file.Write(JsonSerializer.SerializeToUtf8Bytes(content, AccessJson.Default.AccessFileContent)))
            return; // The plain one is all that a start would have.
        try
        {
            File.Delete(_plain);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Log.Unreadable(logger, _plain, error.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The client keys known last, in {Path}, cannot be read: {Reason} Managed keys are known once the database answers.")]
        public static partial void Unreadable(ILogger logger, string path, string reason);
    }
}

internal sealed record StoredKey(string Id, byte[] Hash, string Name, string Owner, string Domain, IReadOnlyList<string> AllowedModels, CaptureLevel? Capture, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt);

internal sealed record AccessFileContent(IReadOnlyList<StoredKey> Keys, SortedDictionary<string, CaptureLevel> Domains);

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(AccessFileContent))]
internal sealed partial class AccessJson : JsonSerializerContext;

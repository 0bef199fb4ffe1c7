using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Configuration;

namespace Nexus.Web.Access.Keys;

/// <summary>
/// What was known last, under DATA_DIR/keys (0600), so that a start while the database is away still serves known callers and
/// keeps what was set about capture. It holds hashes of keys, never a key.
/// </summary>
internal sealed partial class AccessFile(IOptions<DataOptions> data, ILogger<AccessFile> logger)
{
    private readonly string _path = Path.Combine(data.Value.KeysDirectory, "client-keys.json");
    private byte[] _written = [];

    public KnownAccess? Read()
    {
        try
        {
            if (!File.Exists(_path))
                return null;
            var file = JsonSerializer.Deserialize(_written = File.ReadAllBytes(_path), AccessJson.Default.AccessFileContent)!;
            return KnownAccess.Of(
                file.Keys.Select(key => new ClientKey(key.Id, KeyHash.From(key.Hash), key.Name, key.Owner, key.Domain, key.AllowedModels, key.Capture, key.ExpiresAt, key.RevokedAt)),
                file.Domains);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or ArgumentException or NullReferenceException)
        {
            Log.Unreadable(logger, _path, error.Message);
            return null;
        }
    }

    /// <summary>Writes beside it and renames, and only what has changed.</summary>
    public void Write(KnownAccess known)
    {
        var content = new AccessFileContent(
            [.. known.Keys.Values.OrderBy(key => key.Id, StringComparer.Ordinal).Select(key => new StoredKey(key.Id, key.Hash.ToBytes(), key.Name, key.Owner, key.Domain, key.AllowedModels, key.Capture, key.ExpiresAt, key.RevokedAt))],
            new(known.Domains));
        var bytes = JsonSerializer.SerializeToUtf8Bytes(content, AccessJson.Default.AccessFileContent);
        if (bytes.AsSpan().SequenceEqual(_written))
            return;
        try
        {
            PrivateFiles.MakeDirectory(data.Value.KeysDirectory);
            using (var file = new FileStream(_path + ".new", PrivateFiles.Writing(FileMode.Create)))
                file.Write(bytes);
            File.Move(_path + ".new", _path, overwrite: true);
            _written = bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Log.Unwritable(logger, _path, error.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Path} cannot be read and is ignored: {Reason} Managed keys are known once the database answers.")]
        public static partial void Unreadable(ILogger logger, string path, string reason);

        [LoggerMessage(LogLevel.Warning, "{Path} cannot be written: {Reason} A restart while the database is away would not know the managed keys.")]
        public static partial void Unwritable(ILogger logger, string path, string reason);
    }
}

internal sealed record StoredKey(string Id, byte[] Hash, string Name, string Owner, string Domain, IReadOnlyList<string> AllowedModels, CaptureLevel? Capture, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt);

internal sealed record AccessFileContent(IReadOnlyList<StoredKey> Keys, SortedDictionary<string, CaptureLevel> Domains);

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(AccessFileContent))]
internal sealed partial class AccessJson : JsonSerializerContext;

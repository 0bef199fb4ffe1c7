using System.Text.Json;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.SignIn;

/// <summary>What is known of sessions that were ended.</summary>
/// <param name="ForgottenUntil">Ended ones that were begun until then may be missing: too many had ended.</param>
internal sealed record EndedSessions(DateTimeOffset ForgottenUntil, IReadOnlyList<SessionRow> Sessions)
{
    public static EndedSessions None { get; } = new(DateTimeOffset.MinValue, []);
}

/// <summary>The sessions that were ended, under DATA_DIR/keys (0600): a start while the database is away knows them. It holds no secret.</summary>
internal sealed partial class SessionFile(IOptions<DataOptions> data, ILogger<SessionFile> logger)
{
    private readonly string _path = Path.Combine(data.Value.KeysDirectory, "ended-sessions.json");
    private readonly Lock _lock = new();

    public EndedSessions Read()
    {
        try
        {
            if (!File.Exists(_path))
                return EndedSessions.None;
            var json = File.ReadAllBytes(_path);
            // Versions before wrote the list alone.
            return json is [(byte)'[', ..] ? new(DateTimeOffset.MinValue, JsonSerializer.Deserialize<List<SessionRow>>(json) ?? []) : JsonSerializer.Deserialize<EndedSessions>(json) ?? EndedSessions.None;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            Log.Trouble(logger, _path, error.Message);
            return EndedSessions.None;
        }
    }

    public void Write(EndedSessions ended)
    {
        try
        {
            lock (_lock)
            {
                PrivateFiles.MakeDirectory(data.Value.KeysDirectory);
                PrivateFiles.Replace(_path, _path + ".new", stream => JsonSerializer.Serialize(stream, ended));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Log.Trouble(logger, _path, error.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Path} cannot be used: {Reason} Sessions that were ended are known once the database answers.")]
        public static partial void Trouble(ILogger logger, string path, string reason);
    }
}

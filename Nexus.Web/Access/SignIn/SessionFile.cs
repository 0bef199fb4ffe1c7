using System.Text.Json;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.SignIn;

/// <summary>The sessions that were ended, under DATA_DIR/keys (0600): a start while the database is away knows them. It holds no secret.</summary>
internal sealed partial class SessionFile(IOptions<DataOptions> data, ILogger<SessionFile> logger)
{
    private readonly string _path = Path.Combine(data.Value.KeysDirectory, "ended-sessions.json");
    private readonly Lock _lock = new();

    public IReadOnlyList<SessionRow> Read()
    {
        try
        {
            return File.Exists(_path) ? JsonSerializer.Deserialize<List<SessionRow>>(File.ReadAllBytes(_path)) ?? [] : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            Log.Trouble(logger, _path, error.Message);
            return [];
        }
    }

    public void Write(IReadOnlyList<SessionRow> ended)
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

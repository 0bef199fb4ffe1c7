using System.Text.Json;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials.Sealing;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>The limits and what was used of them as last read, sealed in DATA_DIR/keys/limits.sealed: a start while the database is away goes by it.</summary>
internal sealed class LimitSnapshot(CredentialSeal seal, IOptions<DataOptions> data, TimeProvider time, ILogger<LimitSnapshot> logger)
{
    /// <summary>Counters change with every request; what a crash forgets of them is no more than this.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);

    private readonly SealedFile _file = new(seal, Path.Combine(data.Value.KeysDirectory, "limits.sealed"), logger);
    private long _writtenAt;

    /// <summary>Null when there is none, or another version's.</summary>
    public LimitsRead? Read()
    {
        try
        {
            return _file.Read() is { } content && JsonSerializer.Deserialize<Content>(content) is { Limits: not null, Counters: not null } kept
                ? new(kept.Limits, Math.Max(1, kept.Nodes), kept.Counters, new Dictionary<(string, string), OtherNodes>(), time.GetTimestamp())
                : null;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    public void Write(LimitsRead read)
    {
        if (_writtenAt != 0 && time.GetElapsedTime(_writtenAt) < Pace)
            return;
        _writtenAt = time.GetTimestamp();
        _file.Write(JsonSerializer.SerializeToUtf8Bytes(new Content(read.Limits, read.Nodes, read.Counters)));
    }

    private sealed record Content(IReadOnlyList<LimitRow> Limits, int Nodes, IReadOnlyList<LimitCounterRow> Counters);
}

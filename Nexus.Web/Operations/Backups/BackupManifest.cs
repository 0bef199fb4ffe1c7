using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nexus.Web.Operations.Backups;

/// <summary>What a backup holds, as JSON beside it (<c>FILE.json</c>). Names, numbers and checksums only.</summary>
/// <param name="Kind"><c>database</c>, <c>recent</c> (a part of the database), <c>moment</c> (the database as it was once) or <c>credentials</c>.</param>
/// <param name="Format"><c>sql.gz</c>, <c>custom</c> (pg_restore), <c>tar.gz</c> or <c>tar.gz.enc</c>.</param>
/// <param name="Holds">In words.</param>
internal sealed record BackupManifest(string Kind, string Format, string File, DateTimeOffset MadeAt, string Holds, FileSums Sums, string Nexus)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public DatabaseContent? Database { get; init; }

    /// <summary>Files of the archive.</summary>
    public IReadOnlyList<ArchivedFile>? Files { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <exception cref="InvalidDataException">It is none.</exception>
    public static BackupManifest Parse(string json, string file)
    {
        try
        {
            return JsonSerializer.Deserialize<BackupManifest>(json, Json) is { File: not null, Sums: not null, Kind: not null } manifest ? manifest : throw new JsonException("it is incomplete");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"The manifest of {file} cannot be read: {error.Message}", error);
        }
    }
}

/// <summary>Checksums of a whole file, and of each block of it, so that damage can be located.</summary>
/// <param name="Sha256">Hexadecimal, as sha256sum prints it.</param>
/// <param name="Blocks">XxHash128 of each block of <paramref name="BlockBytes"/>.</param>
internal sealed record FileSums(long Bytes, string Sha256, int BlockBytes, IReadOnlyList<string> Blocks);

/// <param name="Rows">By table; each partition is a table of its own, in a backup of recent data only their parents are.</param>
/// <param name="Newest">The newest request; null when there is none.</param>
/// <param name="Samples">Requests whose bodies can be rebuilt and compared.</param>
/// <param name="DumpedBytes">What pg_dump wrote, before compression where Nexus compresses.</param>
internal sealed record DatabaseContent(
    string Server, string PgDump, string Schema, long DatabaseBytes, long DumpedBytes, DateTimeOffset? Since,
    IReadOnlyDictionary<string, long> Rows, NewestRequest? Newest, IReadOnlyList<SampledBody> Samples);

/// <param name="Digest">SHA-256 of the row as JSON.</param>
internal sealed record NewestRequest(Guid Id, DateTimeOffset StartedAt, string Digest);

internal sealed record SampledBody(Guid Id, int Bytes, string Sha256);

/// <param name="Mode">As <c>stat -c %a</c> prints it.</param>
internal sealed record ArchivedFile(string Name, long Bytes, string Sha256, string Mode);

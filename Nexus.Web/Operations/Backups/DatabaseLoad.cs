using System.Globalization;
using System.IO.Compression;
using System.Text;
using Npgsql;

namespace Nexus.Web.Operations.Backups;

/// <summary>Reads a backup into an empty database.</summary>
internal sealed class DatabaseLoad(PostgresClients clients)
{
    /// <summary>pg_dump's last words.</summary>
    private const string EndMark = "PostgreSQL database dump complete";

    /// <param name="server">A connection to the server.</param>
    /// <param name="database">The empty database's name.</param>
    /// <exception cref="InvalidDataException">The file is damaged or PostgreSQL refuses it: says where.</exception>
    public async Task RunAsync(string path, NpgsqlConnection server, NpgsqlConnectionStringBuilder settings, string database, Func<DumpProgress, Task> report, CancellationToken cancellation)
    {
        var custom = await IsCustomAsync(path, cancellation);
        var program = await clients.FindAsync(custom ? "pg_restore" : "psql", server.PostgreSqlVersion, cancellation);
        var environment = PostgresClients.Environment(server, settings, database);
        // It is read again from the file if the server falls over now.
        environment["PGOPTIONS"] = "-c synchronous_commit=off";
        string[] arguments = custom
            ? ["--exit-on-error", "--no-owner", "--no-privileges", "--exclude-schema=hangfire", "--no-password", $"--dbname={database}"]
            : ["-X", "-q", "-v", "ON_ERROR_STOP=1", "--no-password", "-o", "/dev/null"];
        var name = Path.GetFileName(path);
        await using var file = File.OpenRead(path);
        await using var source = custom ? file : (Stream)new GZipStream(file, CompressionMode.Decompress);
        await using var load = PipedProcess.Start(program.Path, arguments, environment, input: true);
        var tail = await FeedAsync(name, source, file, load, report, cancellation);
        try
        {
            await load.EndAsync(cancellation);
        }
        catch (InvalidOperationException refused)
        {
            throw new InvalidDataException($"{name} cannot be restored: {refused.Message}", refused);
        }

        if (!custom && !tail.Contains(EndMark, StringComparison.Ordinal))
            throw new InvalidDataException($"{name} is cut off: pg_dump's last line is missing.");
    }

    /// <returns>The last bytes as text.</returns>
    private static async Task<string> FeedAsync(string name, Stream source, FileStream file, PipedProcess load, Func<DumpProgress, Task> report, CancellationToken cancellation)
    {
        var (buffer, tail, done) = (new byte[1 << 17], "", 0L);
        var meter = new DumpMeter(1, TimeProvider.System, progress => report(progress with { Share = Math.Min(0.99, (double)file.Position / Math.Max(1, file.Length)) }));
        try
        {
            while (await source.ReadAsync(buffer, cancellation) is var read and > 0)
            {
                done += read;
                var last = Encoding.Latin1.GetString(buffer, Math.Max(0, read - 512), Math.Min(512, read));
                tail = (tail + last)[^Math.Min(512, tail.Length + last.Length)..];
                await load.Input.WriteAsync(buffer.AsMemory(0, read), cancellation);
                await meter.CountAsync(read);
            }
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{name} is damaged: it cannot be decompressed after byte {done} of the dump ({damaged.Message})"), damaged);
        }
        catch (IOException) when (!cancellation.IsCancellationRequested)
        {
            // The program has ended before its input: it says why.
        }

        try
        {
            load.Input.Close();
        }
        catch (IOException)
        {
            // As above.
        }

        return tail;
    }

    private static async Task<bool> IsCustomAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        var head = new byte[5];
        await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellation);
        if (head.AsSpan().SequenceEqual("PGDMP"u8))
            return true;
        return head[0] == 0x1F && head[1] == 0x8B ? false : throw new InvalidDataException($"{Path.GetFileName(path)} is neither gzip nor pg_dump's custom format.");
    }
}

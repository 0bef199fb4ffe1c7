using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Credentials.OAuth;

/// <summary>
/// Keeps two processes from refreshing the same tokens at once: a lock file beside the credential file (processes of one
/// machine, also while the database is away) and PostgreSQL's advisory lock (nodes). What cannot be had in time is gone without.
/// </summary>
internal sealed class RefreshLock : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private FileStream? _file;
    private NpgsqlConnection? _connection;

    private RefreshLock()
    {
    }

    /// <summary>Whether the lock file is held: no other process of this machine changes the credential file.</summary>
    public bool HasFile => _file is not null;

    /// <summary>Another holds the lock file, and did not give it back in time.</summary>
    public bool IsBusy { get; private set; }

    /// <param name="database">Null for the command line.</param>
    /// <param name="names">Of account and login: nodes that have one of them in common wait for each other.</param>
    /// <param name="patience">With each of both locks; null for 20 s, more than a refresh takes.</param>
    public static async Task<RefreshLock> TakeAsync(string path, Database? database, IReadOnlyCollection<string> names, CancellationToken cancellation, TimeSpan? patience = null)
    {
        var held = new RefreshLock();
        // First the database's: who waits for a login holds no file that its holder has yet to write.
        if (database?.State.Condition == DatabaseCondition.Ready)
            await TryAsync(async limit => held._connection = await LockAsync(database, names, limit));
        held.IsBusy = await TryAsync(async limit => held._file = await OpenAsync(Path.Combine(Path.GetDirectoryName(path)!, "." + Path.GetFileName(path) + ".lock"), limit));
        return held;

        // A read-only mount, a database that went away this moment, a holder that hangs: the refresh itself is more important. True when time ran out.
        async Task<bool> TryAsync(Func<CancellationToken, Task> take)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(patience ?? Patience);
            try
            {
                await take(limit.Token);
                return false;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                return error is OperationCanceledException;
            }
        }
    }

    /// <summary>Gives the lock file back, and keeps account and login.</summary>
    public async ValueTask ReleaseFileAsync()
    {
        if (_file is { } file)
            await file.DisposeAsync();
        _file = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            try
            {
                await using var unlock = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection) { CommandTimeout = 5 };
                await unlock.ExecuteNonQueryAsync();
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException)
            {
                // The lock goes with its connection.
            }

            await connection.DisposeAsync();
        }

        await ReleaseFileAsync();
    }

    private static async Task<FileStream> OpenAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(50, cancellation);
            }
        }
    }

    private static async Task<NpgsqlConnection> LockAsync(Database database, IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        try
        {
            // In one order, so that no two wait for each other.
            foreach (var name in names.Order(StringComparer.Ordinal))
            {
                await using var take = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended($1, 0))", connection) { CommandTimeout = (int)Patience.TotalSeconds, Parameters = { new() { Value = "nexus oauth " + name } } };
                await take.ExecuteNonQueryAsync(cancellation);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

namespace Nexus.Web.Storage;

/// <summary>Writes a batch at once, and row by row where one of its rows cannot be written: that one must not hold up the others.</summary>
internal static class RowByRow
{
    /// <param name="lost">Told of a row that can never be written, and why.</param>
    /// <param name="later">Told of those that could not be written now, whatever the reason: no exception leaves here.</param>
    /// <returns>Whether nothing is left for later.</returns>
    public static async Task<bool> WriteAsync<T>(IReadOnlyList<T> rows, Func<IReadOnlyList<T>, Task> write, Action<T, Exception> lost, Action<IEnumerable<T>, Exception> later)
    {
        try
        {
            await write(rows);
            return true;
        }
        catch (Exception error) when (DatabaseAway.IsOfRow(error))
        {
            return await SinglyAsync(rows, write, lost, later);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            later(rows, error);
            return false;
        }
    }

    private static async Task<bool> SinglyAsync<T>(IReadOnlyList<T> rows, Func<IReadOnlyList<T>, Task> write, Action<T, Exception> lost, Action<IEnumerable<T>, Exception> later)
    {
        for (var i = 0; i < rows.Count; i++)
            try
            {
                await write([rows[i]]);
            }
            catch (Exception error) when (DatabaseAway.IsOfRow(error))
            {
                lost(rows[i], error);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                later(rows.Skip(i), error);
                return false;
            }

        return true;
    }
}

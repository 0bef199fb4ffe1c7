using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Api.Exports;

/// <summary>Rows that are sent as a file, one by one. Column names are those of the file.</summary>
/// <param name="Name">Of the file, without ending.</param>
/// <param name="OpenAsync">The rows; what they need is let go of with the answer.</param>
internal sealed record Export(string Name, Func<HttpContext, Task<DbDataReader>> OpenAsync)
{
    /// <summary>Of a SELECT with positional parameters: neither side holds all rows.</summary>
    public static Export Of(string name, string sql, params IEnumerable<NpgsqlParameter> parameters) => OfCommand(name, db =>
    {
        var command = new NpgsqlCommand(sql, (NpgsqlConnection)db.Database.GetDbConnection());
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    });

    /// <summary>Of a query of the model; the columns keep the database's names.</summary>
    public static Export Of<T>(string name, Func<NexusDbContext, IQueryable<T>> query) => OfCommand(name, db => query(db).CreateDbCommand());

    /// <summary>Of a bounded list, as a page makes it.</summary>
    public static Export OfList<T>(string name, Func<HttpContext, Task<IEnumerable<T>>> list, params IReadOnlyList<(string Name, Func<T, object?> Value)> columns) => new(name, async context =>
    {
        var table = new DataTable();
        context.Response.RegisterForDispose(table);
        foreach (var column in columns)
            table.Columns.Add(column.Name, typeof(object));
        foreach (var row in await list(context))
            table.Rows.Add([.. columns.Select(column => column.Value(row) switch { null => DBNull.Value, DateTimeOffset at => at.UtcDateTime, var value => value })]);
        return table.CreateDataReader();
    });

    /// <summary>An instant as a parameter.</summary>
    public static NpgsqlParameter Time(DateTimeOffset at) => new() { Value = at.ToUniversalTime(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz };

    private static Export OfCommand(string name, Func<NexusDbContext, DbCommand> make) => new(name, async context =>
    {
        var (db, cancellation) = (context.RequestServices.GetRequiredService<NexusDbContext>(), context.RequestAborted);
        var command = make(db);
        context.Response.RegisterForDisposeAsync(command);
        await db.Database.OpenConnectionAsync(cancellation);
        // A long file is sent at the pace of whoever takes it.
        command.CommandTimeout = 0;
        return await command.ExecuteReaderAsync(CommandBehavior.SingleResult, cancellation);
    });
}

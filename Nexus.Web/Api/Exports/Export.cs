using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Api.Exports;

/// <summary>A query whose rows are sent as a file, one by one: neither side holds them all. Column names are those of the file.</summary>
/// <param name="Name">Of the file, without ending.</param>
internal sealed record Export(string Name, Func<NexusDbContext, DbCommand> Command)
{
    /// <summary>Of a SELECT with positional parameters.</summary>
    public static Export Of(string name, string sql, params IEnumerable<NpgsqlParameter> parameters) => new(name, db =>
    {
        var command = new NpgsqlCommand(sql, (NpgsqlConnection)db.Database.GetDbConnection());
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    });

    /// <summary>Of a query of the model; the columns keep the database's names.</summary>
    public static Export Of<T>(string name, Func<NexusDbContext, IQueryable<T>> query) => new(name, db => query(db).CreateDbCommand());

    /// <summary>An instant as a parameter.</summary>
    public static NpgsqlParameter Time(DateTimeOffset at) => new() { Value = at.ToUniversalTime(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz };
}

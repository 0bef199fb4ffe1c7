using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Capture;

/// <summary>A column of a COPY: its name, and how a row's value of it is written without boxing it.</summary>
internal sealed record CopyColumn<TRow>(string Name, Func<NpgsqlBinaryImporter, TRow, CancellationToken, Task> WriteAsync)
{
    public static CopyColumn<TRow> Value<T>(string name, NpgsqlDbType type, Func<TRow, T> value)
        where T : struct =>
        new(name, (copy, row, cancellation) => copy.WriteAsync(value(row), type, cancellation));

    public static CopyColumn<TRow> Optional<T>(string name, NpgsqlDbType type, Func<TRow, T?> value)
        where T : struct =>
        new(name, (copy, row, cancellation) => value(row) is { } present ? copy.WriteAsync(present, type, cancellation) : copy.WriteNullAsync(cancellation));

    public static CopyColumn<TRow> Reference<T>(string name, NpgsqlDbType type, Func<TRow, T?> value)
        where T : class =>
        new(name, (copy, row, cancellation) => value(row) is { } present ? copy.WriteAsync(present, type, cancellation) : copy.WriteNullAsync(cancellation));
}

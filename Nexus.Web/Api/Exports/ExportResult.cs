using System.Buffers;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;

namespace Nexus.Web.Api.Exports;

/// <summary>Streams an <see cref="Export"/> as CSV (RFC 4180, UTF-8, header line) or JSONL (one object a line). Times are ISO 8601, UTC.</summary>
internal sealed class ExportResult(Export export, ExportFormat format) : IResult
{
    /// <summary>A cell that begins like a formula is put in quotes for spreadsheets: prompts and names are other people's text.</summary>
    private static readonly CsvConfiguration Csv = new(CultureInfo.InvariantCulture) { NewLine = "\r\n", InjectionOptions = InjectionOptions.Escape };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var cancellation = httpContext.RequestAborted;
        // Opened before anything is sent: trouble with the database is still an answer of its own.
        await using var reader = await export.OpenAsync(httpContext);
        var response = httpContext.Response;
        response.ContentType = format == ExportFormat.Csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
        response.Headers.ContentDisposition = $"attachment; filename=\"{export.Name}.{(format == ExportFormat.Csv ? "csv" : "jsonl")}\"";
        if (format == ExportFormat.Csv)
            await WriteCsvAsync(reader, response.Body, cancellation);
        else
            await WriteJsonLinesAsync(reader, response.BodyWriter, cancellation);
    }

    private static async Task WriteCsvAsync(DbDataReader reader, Stream body, CancellationToken cancellation)
    {
        await using var text = new StreamWriter(body, new UTF8Encoding(false), 32 * 1024);
        await using var csv = new CsvWriter(text, Csv);
        for (var column = 0; column < reader.FieldCount; column++)
            csv.WriteField(reader.GetName(column));
        await csv.NextRecordAsync();
        while (await reader.ReadAsync(cancellation))
        {
            for (var column = 0; column < reader.FieldCount; column++)
                csv.WriteField(Text(reader.GetValue(column)));
            await csv.NextRecordAsync();
        }
    }

    private static async Task WriteJsonLinesAsync(DbDataReader reader, System.IO.Pipelines.PipeWriter body, CancellationToken cancellation)
    {
        await using var json = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true });
        while (await reader.ReadAsync(cancellation))
        {
            json.WriteStartObject();
            for (var column = 0; column < reader.FieldCount; column++)
                Write(json, reader.GetName(column), reader.GetValue(column));
            json.WriteEndObject();
            await json.FlushAsync(cancellation);
            json.Reset();
            body.Write("\n"u8);
            if (body.UnflushedBytes > 32 * 1024)
                await body.FlushAsync(cancellation);
        }
    }

    private static string Text(object value) => value switch
    {
        DBNull => "",
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
        string[] texts => string.Join(' ', texts),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case DBNull:
                json.WriteNull(name);
                break;
            case long or int or short or decimal or double or bool:
                json.WritePropertyName(name);
                JsonSerializer.Serialize(json, value, value.GetType());
                break;
            default:
                json.WriteString(name, Text(value));
                break;
        }
    }
}

internal enum ExportFormat
{
    Csv,
    Jsonl,
}

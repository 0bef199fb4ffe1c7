using System.Collections;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>Statements and their values as the log shows them. Secrets are the log's own matter.</summary>
internal static class SqlText
{
    /// <summary>Characters of a statement.</summary>
    private const int MostText = 2000;

    /// <summary>Characters of one value; of longer ones only the length is told.</summary>
    private const int MostValue = 200;

    /// <summary>Parameters that are listed.</summary>
    private const int MostParameters = 30;

    /// <summary>On one line, each run of white space one space.</summary>
    public static string Of(string statement)
    {
        var text = new StringBuilder(Math.Min(statement.Length, MostText));
        foreach (var character in statement)
        {
            if (text.Length == MostText)
                return text.Append(CultureInfo.InvariantCulture, $"… [{statement.Length} characters]").ToString();
            if (!char.IsWhiteSpace(character))
                text.Append(character);
            else if (text.Length > 0 && text[^1] != ' ')
                text.Append(' ');
        }

        return text.ToString();
    }

    public static string Of(NpgsqlParameterCollection parameters)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Math.Min(parameters.Count, MostParameters); i++)
            text.Append(i == 0 ? "" : ", ").Append(parameters[i].ParameterName is { Length: > 0 } name ? name : $"${i + 1}").Append(" = ").Append(Value(parameters[i].Value));
        if (parameters.Count > MostParameters)
            text.Append(CultureInfo.InvariantCulture, $", … {parameters.Count - MostParameters} more");
        return text.ToString();
    }

    private static string Value(object? value) => value switch
    {
        null or DBNull => "NULL",
        byte[] bytes => $"<{bytes.Length} bytes>",
        string { Length: > MostValue } text => $"<String[{text.Length}]>",
        string text => $"'{text}'",
        ICollection many => $"<{value.GetType().Name}, {many.Count} values>",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: <= MostValue } text ? text : $"<{value.GetType().Name}>",
    };
}

using System.Globalization;

namespace Nexus.Web.Api;

/// <summary>Reads query parameters and gathers what is wrong with them.</summary>
internal sealed class Parameters(IQueryCollection query)
{
    private readonly List<string> _wrong = [];

    public IResult? Problem => _wrong.Count == 0 ? null : Results.Json(new { error = "Invalid parameters", details = _wrong }, statusCode: 400);

    public string? Text(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;

    /// <summary>The value; empty, and a problem, when it is missing.</summary>
    public string Required(string name)
    {
        if (Text(name) is { } value)
            return value;
        _wrong.Add($"{name} is required");
        return "";
    }

    /// <summary>One of <paramref name="known"/>.</summary>
    public string Choice(string name, string otherwise, params string[] known)
    {
        if (Text(name) is not { } value)
            return otherwise;
        if (known.Contains(value))
            return value;
        Wrong($"{name}: '{value}' is none of {string.Join(", ", known)}");
        return otherwise;
    }

    public void Wrong(string problem) => _wrong.Add(problem);

    public bool Flag(string name)
    {
        if (Text(name) is not { } value)
            return false;
        if (value is not ("true" or "false"))
            _wrong.Add($"{name}: '{value}' is neither true nor false");
        return value == "true";
    }

    public int Number(string name, int otherwise, int least, int most)
    {
        if (Text(name) is not { } value)
            return otherwise;
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        _wrong.Add($"{name}: '{value}' is not a number from {least} to {most}");
        return otherwise;
    }

    public DateTimeOffset Time(string name, DateTimeOffset otherwise)
    {
        if (Text(name) is not { } value)
            return otherwise;
        // The framework would also take "May" or "5" for a time.
        if (value.Length >= 10 && value[4] == '-' && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return time;
        _wrong.Add($"{name}: '{value}' is not an ISO 8601 time");
        return otherwise;
    }
}

namespace Nexus.Web.Configuration;

/// <summary>Reads the variables from the environment, secrets also from the file that <c>NAME_FILE</c> names, and says what cannot be used.</summary>
internal sealed class VariableReader(Func<string, string?> environment)
{
    public const string FileSuffix = "_FILE";

    public List<string> Problems { get; } = [];

    /// <summary>What is set, by configuration key, as it was written.</summary>
    public Dictionary<string, string?> Read()
    {
        var values = new Dictionary<string, string?>();
        foreach (var variable in Variables.All)
            if (Value(variable) is { } value)
                values[variable.Key] = value;
        return values;
    }

    /// <summary>Brings the values of <paramref name="configuration"/>, wherever they come from, into the form that options bind.</summary>
    public void Check(IConfiguration configuration)
    {
        foreach (var variable in Variables.All)
        {
            if (configuration[variable.Key] is not { Length: > 0 } value)
                continue;
            try
            {
                configuration[variable.Key] = variable.Accepts.Read(value);
            }
            catch (FormatException error)
            {
                Problems.Add(Problem(variable, value, error.Message));
            }
        }
    }

    private string? Value(Variable variable)
    {
        var found = variable.Names.Where(name => IsSet(name)).Select(name => (Name: name, Value: environment(name))).ToList();
        if (variable.Secret)
            found.AddRange(variable.Names.Select(name => name + FileSuffix).Where(IsSet).Select(name => (name, FromFile(name, environment(name)!))));
        if (found.FirstOrDefault(one => one.Name.EndsWith(FileSuffix, StringComparison.Ordinal)).Name is { } file && found[0].Name != file)
            Problems.Add($"{found[0].Name} and {file} are both set: keep one of them.");
        return found.FirstOrDefault().Value;
    }

    private string? FromFile(string name, string path)
    {
        try
        {
            var text = File.ReadAllText(path).TrimEnd('\r', '\n');
            if (text.Length > 0)
                return text;
            Problems.Add($"{name} is '{Shown(path)}', which is empty; it accepts the path of a file that holds the value.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            Problems.Add($"{name} is '{Shown(path)}', which cannot be read ({error.Message}); it accepts the path of a file that holds the value.");
        }

        return null;
    }

    private bool IsSet(string name) => !string.IsNullOrEmpty(environment(name));

    private static string Problem(Variable variable, string value, string reason)
    {
        var got = variable.Secret
            ? $"cannot be used (its value is not shown){(reason.Length > 0 ? ": " + reason : "")}"
            : $"is '{Shown(value)}'{(reason.Length > 0 ? ", but " + reason : "")}";
        return $"{variable.Name} {got}; it accepts {variable.Accepts.Words}.";
    }

    /// <summary>Enough of a value to know it again, on one line.</summary>
    private static string Shown(string value) =>
        string.Concat((value.Length > 100 ? value[..100] + "…" : value).Select(character => char.IsControl(character) ? '\uFFFD' : character));
}

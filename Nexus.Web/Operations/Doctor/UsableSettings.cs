using Nexus.Web.Configuration;
using Nexus.Web.Operations.Health;

namespace Nexus.Web.Operations.Doctor;

/// <summary>The environment's variables without those that cannot be used: what is left is enough to look at the rest.</summary>
/// <param name="Settings">Over the environment: empty for each variable that is left out.</param>
/// <param name="Problems">Why, for each.</param>
/// <param name="Set">How many are set.</param>
internal sealed record UsableSettings(IReadOnlyDictionary<string, string?> Settings, IReadOnlyList<string> Problems, int Set)
{
    public static UsableSettings Read(IReadOnlyDictionary<string, string?>? given)
    {
        var settings = given?.ToDictionary() ?? [];
        var problems = new List<string>();
        var set = 0;
        foreach (var variable in Variables.All)
        {
            string[] names = [.. variable.Names, .. variable.Names.Select(name => name + VariableReader.FileSuffix)];
            var reader = new VariableReader(name => !names.Contains(name) ? null : given?.GetValueOrDefault(name) ?? Environment.GetEnvironmentVariable(name));
            var values = reader.Read();
            set += values.Count;
            reader.Check(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
            problems.AddRange(reader.Problems);
            if (reader.Problems.Count > 0)
                foreach (var name in names)
                    settings[name] = "";
        }

        return new(settings, problems, set);
    }

    public Finding Finding => Problems.Count == 0
        ? Finding.Ok($"{Set} {(Set == 1 ? "variable is" : "variables are")} set, and all are accepted.")
        : Finding.Failure(string.Join(' ', Problems), "Correct them in .env or the environment: Nexus does not start with them. What follows is looked at without them. docs/configuration.md lists what each accepts.");
}

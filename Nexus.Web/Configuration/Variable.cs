namespace Nexus.Web.Configuration;

/// <summary>One environment variable an operator may set.</summary>
/// <param name="Name">As in the environment and in <c>.env</c>.</param>
/// <param name="Key">The configuration key it fills, as in <c>appsettings.json</c>.</param>
/// <param name="Accepts">What values it takes.</param>
/// <param name="Meaning">One sentence for docs/configuration.md.</param>
/// <param name="Secret">May also come as <c>NAME_FILE</c>; never printed.</param>
/// <param name="Aliases">Older names, tried in order when <paramref name="Name"/> is not set.</param>
internal sealed record Variable(string Name, string Key, Accepted Accepts, string Meaning, bool Secret = false, params string[] Aliases)
{
    public IEnumerable<string> Names => Aliases.Prepend(Name);
}

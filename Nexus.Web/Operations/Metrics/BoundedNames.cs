using System.Collections.Concurrent;

namespace Nexus.Web.Operations.Metrics;

/// <summary>The values that one label may have: the first that earn it, and <see cref="Other"/> for all that come later.</summary>
internal sealed class BoundedNames(int most)
{
    public const string Other = "_other";

    /// <summary>Longer ones are nobody's name.</summary>
    private const int Longest = 100;

    private readonly ConcurrentDictionary<string, string> _known = new();

    /// <param name="earned">
    /// Whether a name that is not known yet may take a place. Names are the callers' to choose, so only those of a request that
    /// went well earn one: a stranger's inventions would use the places up.
    /// </param>
    public string Of(string? name, bool earned)
    {
        if (string.IsNullOrEmpty(name))
            return Other;
        if (_known.TryGetValue(name, out var known))
            return known;
        if (!earned || name.Length > Longest || _known.Count >= most)
            return Other;
        return _known.GetOrAdd(name, name);
    }
}

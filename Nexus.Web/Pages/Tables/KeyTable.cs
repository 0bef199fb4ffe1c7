using Nexus.Web.Access.Keys;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages.Tables;

/// <summary>The keys as the page lists them: all are in memory, a few thousand at most, and each page begins behind the last key of the page before.</summary>
internal sealed record KeyTable(IReadOnlyList<KeyLine> All, string? Owner, string? Domain, string? State)
{
    private const int PageSize = 100;

    private static readonly string[] States = ["active", "ending", "expired", "revoked"];

    public IReadOnlyList<KeyLine> Matching { get; } = [.. All.Where(key => Matches(key, Owner, Domain, State))];

    public IReadOnlyList<(string Name, string? Value)> Pairs => [("owner", Owner), ("domain", Domain), ("state", State)];

    public List<FilterOption> Owners => Options(All.Select(key => key.Owner).Order(StringComparer.OrdinalIgnoreCase), key => key.Owner, key => Matches(key, null, Domain, State));

    public List<FilterOption> Domains => Options(All.Select(key => key.Domain).Order(StringComparer.Ordinal), key => key.Domain, key => Matches(key, Owner, null, State));

    public List<FilterOption> OfState => Options(States, key => key.State, key => Matches(key, Owner, Domain, null));

    public static KeyTable Read(IReadOnlyList<KeyLine> all, IQueryCollection query)
    {
        string? Asked(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;
        return new(all, Asked("owner"), Asked("domain"), Asked("state"));
    }

    /// <param name="after">Id of the last key of the page before; one that is gone begins anew.</param>
    /// <returns>The keys, and the last one's id when more follow.</returns>
    public (List<KeyLine> Keys, string? Next) Page(string? sort, bool ascending, string? after)
    {
        var ordered = Ordered(sort, ascending).ToList();
        var from = ordered.FindIndex(key => key.Id == after) + 1;
        var page = ordered.GetRange(from, Math.Min(PageSize, ordered.Count - from));
        return (page, from + page.Count < ordered.Count ? page[^1].Id : null);
    }

    /// <summary>All that match.</summary>
    public IEnumerable<KeyLine> Ordered(string? sort, bool ascending)
    {
        IOrderedEnumerable<KeyLine> By<T>(Func<KeyLine, T> figure, IComparer<T>? comparer = null) => ascending ? Matching.OrderBy(figure, comparer) : Matching.OrderByDescending(figure, comparer);
        var words = StringComparer.OrdinalIgnoreCase;
        var ordered = sort switch
        {
            "name" => By(key => key.Name, words),
            "owner" => By(key => key.Owner, words),
            "domain" => By(key => key.Domain, words),
            "state" => By(key => Array.IndexOf(States, key.State)),
            "used" => By(key => key.LastUsedAt),
            // What never ends ends last.
            "expires" => By(key => key.ExpiresAt ?? DateTimeOffset.MaxValue),
            _ => By(key => key.CreatedAt),
        };
        return ordered.ThenBy(key => key.Id, StringComparer.Ordinal);
    }

    private static bool Matches(KeyLine key, string? owner, string? domain, string? state) => (owner is null || key.Owner == owner) && (domain is null || key.Domain == domain) && (state is null || key.State == state);

    private List<FilterOption> Options(IEnumerable<string> names, Func<KeyLine, string> of, Func<KeyLine, bool> counted)
    {
        var counts = All.Where(counted).CountBy(of).ToDictionary();
        return [.. names.Distinct().Select(name => new FilterOption(name, null, counts.GetValueOrDefault(name)))];
    }
}

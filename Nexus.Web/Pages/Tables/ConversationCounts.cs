using Microsoft.EntityFrameworkCore;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Tables;

/// <summary>
/// What the filters of the conversations offer; how many each leaves is counted of those that the other filters leave. One look at the
/// conversations answers for all of them and for the page's total.
/// </summary>
internal sealed class ConversationCounts
{
    /// <summary>More kinds of conversations than this are not counted: the page would wait for it.</summary>
    private const int Most = 20_000;

    private static readonly (string Name, string Text, Func<Alike, int> Of)[] Kinds =
    [
        ("errors", "with errors", one => one.Errors), ("subagents", "with subagents", one => one.Subagents), ("compaction", "compacted", one => one.Compactions), ("forks", "branched or forked", one => one.Forks),
    ];

    private readonly ConversationFilter _filter;
    private readonly IReadOnlyList<Alike>? _all;

    private ConversationCounts(ConversationFilter filter, IReadOnlyList<Alike>? all) => (_filter, _all) = (filter, all);

    /// <summary>Nothing is counted.</summary>
    public static ConversationCounts None { get; } = new(new(), null);

    /// <summary>How many match the whole filter; null where nothing was counted.</summary>
    public int? Total => _all?.Where(one => one.Matches(_filter)).Sum(Matching);

    /// <summary>Conversations that are alike in all that is chosen by are read as one.</summary>
    public static async Task<ConversationCounts> ReadAsync(NexusDbContext db, ConversationFilter filter, CancellationToken cancellation)
    {
        var rows = (filter with { Domain = null, Person = null, Account = null, Model = null, Only = null }).Apply(db);
        var alike = await rows.GroupBy(row => new { row.Domain, row.Owners, row.KeyIds, row.Accounts, row.Models })
            .Select(group => new
            {
                group.Key,
                All = group.Count(),
                Errors = group.Count(row => row.Errors > 0),
                Subagents = group.Count(row => row.Subagents > 0),
                Compactions = group.Count(row => row.Compactions > 0),
                Forks = group.Count(row => row.Forks > 0),
            }).Take(Most + 1).ToListAsync(cancellation);
        return alike.Count > Most ? None
            : new(filter, [.. alike.Select(one => new Alike(one.Key.Domain, [.. one.Key.Owners, .. one.Key.KeyIds], one.Key.Owners, one.Key.Accounts, one.Key.Models, one.All, one.Errors, one.Subagents, one.Compactions, one.Forks))]);
    }

    public List<FilterOption> Domains(IEnumerable<string> known) => Options(known, one => [one.Domain], one => [one.Domain], _filter with { Domain = null });

    /// <summary>Keys stand for people where they have no owner.</summary>
    public List<FilterOption> People(IEnumerable<string> known) => Options(known, one => one.Owners, one => one.People, _filter with { Person = null });

    public List<FilterOption> Accounts(IEnumerable<string> known) => Options(known, one => one.Accounts, one => one.Accounts, _filter with { Account = null });

    public List<FilterOption> Models(IEnumerable<string> known) => Options(known, one => one.Models, one => one.Models, _filter with { Model = null });

    public List<FilterOption> KindsOf() =>
        [.. Kinds.Select(kind => _all is null ? new FilterOption(kind.Name, kind.Text) : new FilterOption(kind.Name, kind.Text, _all.Where(one => one.Matches(_filter)).Sum(kind.Of)))];

    private List<FilterOption> Options(IEnumerable<string> known, Func<Alike, IEnumerable<string>> offered, Func<Alike, IEnumerable<string>> of, ConversationFilter others)
    {
        var counts = _all?.Where(one => one.Matches(others)).SelectMany(one => of(one).Select(name => (Name: name, Count: Matching(one)))).GroupBy(pair => pair.Name).ToDictionary(group => group.Key, group => group.Sum(pair => pair.Count));
        return [.. known.Concat((_all ?? []).SelectMany(offered)).Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal).Select(name => new FilterOption(name, null, counts?.GetValueOrDefault(name)))];
    }

    private int Matching(Alike one) => Kinds.FirstOrDefault(kind => kind.Name == _filter.Only).Of is { } of ? of(one) : one.All;

    /// <param name="People">Owners and keys.</param>
    private sealed record Alike(string Domain, string[] People, string[] Owners, string[] Accounts, string[] Models, int All, int Errors, int Subagents, int Compactions, int Forks)
    {
        public bool Matches(ConversationFilter filter) => (filter.Domain is null || Domain == filter.Domain) && (filter.Person is null || People.Contains(filter.Person))
            && (filter.Account is null || Accounts.Contains(filter.Account)) && (filter.Model is null || Models.Contains(filter.Model));
    }
}

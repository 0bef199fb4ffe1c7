using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Pricing;

/// <summary>Brings new price lists into force.</summary>
internal sealed class PriceLists(PriceBook book, IDbContextFactory<NexusDbContext> contexts, TimeProvider time)
{
    public const int LongestNote = 500;

    /// <summary>Stores a list as the next version, tells the audit log and every node.</summary>
    /// <param name="basedOn">The version that was edited: if it is not the newest any more, nothing is stored.</param>
    /// <returns>The new version, or what stands in its way, one sentence each.</returns>
    public async Task<(int? Version, IReadOnlyList<string> Problems)> SaveAsync(int basedOn, IReadOnlyList<PriceRule> rules, string note, Actor actor, CancellationToken cancellation)
    {
        await book.ReloadAsync(cancellation);
        var problems = PriceChecks.Problems(rules).ToList();
        note = note.Trim();
        if (note.Length is 0 or > LongestNote)
            problems.Add($"Say in the note why prices change, in 1 to {LongestNote} characters: the history shows it.");
        var newest = book.All.LastOrDefault();
        if (newest is not null && newest.Version != basedOn)
            problems.Add($"Version {newest.Version} was saved by {newest.CreatedBy} while you edited version {basedOn}. Load the page again and repeat your change on it.");
        else if (newest is not null && newest.Rules.SequenceEqual(rules))
            problems.Add($"Nothing is changed: these are the rules of version {newest.Version}.");
        if (problems.Count > 0)
            return (null, problems);
        var version = basedOn + 1;
        try
        {
            await StoreAsync(version, rules, note, actor, cancellation);
        }
        catch (DbUpdateException error) when (error.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return (null, [$"Version {version} was saved by somebody else at the same moment. Load the page again and repeat your change on it."]);
        }

        await book.ReloadAsync(cancellation);
        return (version, []);
    }

    private async Task StoreAsync(int version, IReadOnlyList<PriceRule> rules, string note, Actor actor, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var now = time.GetUtcNow();
        db.PriceLists.Add(new PriceListRow { Version = version, CreatedAt = now, CreatedBy = actor.Name, Note = note });
        db.PriceRules.AddRange(rules.Select((rule, index) => Row(version, index + 1, rule)));
        db.Record(actor, now, "prices.changed", $"version {version}", new { note, changes = PriceChanges.Between(book.Find(version - 1)?.Rules ?? [], rules).Select(change => change.Text) });
        await db.SaveChangesAsync(cancellation);
        await db.Database.ExecuteSqlAsync($"SELECT pg_notify({PriceBook.Channel}, {version.ToString(System.Globalization.CultureInfo.InvariantCulture)})", cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static PriceRuleRow Row(int version, int position, PriceRule rule) => new()
    {
        Version = version,
        Position = position,
        Pattern = rule.Pattern,
        ServedFrom = rule.ServedFrom?.ToUniversalTime(),
        ServedUntil = rule.ServedUntil?.ToUniversalTime(),
        PromptAbove = rule.PromptAbove,
        Input = rule.Price.Input,
        Output = rule.Price.Output,
        CacheRead = rule.Price.CacheRead,
        CacheWrite5m = rule.Price.CacheWrite5m,
        CacheWrite1h = rule.Price.CacheWrite1h,
        Fallback = rule.Fallback,
    };
}

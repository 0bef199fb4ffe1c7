using Nexus.Web.Storage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Usage.Repricing;

/// <summary>What a model's requests cost before and by another list, in micro-dollars.</summary>
internal sealed record ModelDifference(string Model, long Rows, long Changed, long OldMicros, long NewMicros);

/// <summary>Sums of a re-pricing, done or previewed.</summary>
internal sealed class Differences
{
    /// <summary>Names of models come from outside: further ones are added up under <see cref="Others"/>.</summary>
    private const int MostModels = 100;

    private const string Others = "(others)";
    private readonly Dictionary<string, ModelDifference> _models = new(StringComparer.Ordinal);

    public long Rows { get; private set; }

    /// <summary>Rows whose cost is not what it was.</summary>
    public long Changed { get; private set; }

    public long OldMicros { get; private set; }

    public long NewMicros { get; private set; }

    /// <summary>Arrival of the last row that was looked at; null before the first.</summary>
    public DateTimeOffset? UpTo { get; private set; }

    /// <summary>The greatest differences first.</summary>
    public IReadOnlyList<ModelDifference> Models =>
        [.. _models.Values.OrderByDescending(model => Math.Abs(model.NewMicros - model.OldMicros)).ThenByDescending(model => model.Rows).ThenBy(model => model.Model, StringComparer.Ordinal)];

    /// <summary>Prices a row anew and notes the difference.</summary>
    public void Reprice(LedgerRow row, PriceList list)
    {
        var before = row.CostMicros ?? 0;
        var (estimate, savings) = (row.CostEstimate, row.CacheSavingsMicros);
        Costing.Price(row, list);
        var after = row.CostMicros ?? 0;
        var changed = before != after || estimate != row.CostEstimate || savings != row.CacheSavingsMicros ? 1 : 0;
        Add(new ModelDifference(Costing.Model(row) ?? "", 1, changed, before, after));
        UpTo = row.StartedAt;
    }

    /// <summary>Adds those of rows that come after these.</summary>
    public void Add(Differences next)
    {
        foreach (var model in next._models.Values)
            Add(model);
        UpTo = next.UpTo ?? UpTo;
    }

    private void Add(ModelDifference more)
    {
        var name = _models.ContainsKey(more.Model) || _models.Count < MostModels ? more.Model : Others;
        var known = _models.GetValueOrDefault(name) ?? new(name, 0, 0, 0, 0);
        _models[name] = new(name, known.Rows + more.Rows, known.Changed + more.Changed, known.OldMicros + more.OldMicros, known.NewMicros + more.NewMicros);
        (Rows, Changed, OldMicros, NewMicros) = (Rows + more.Rows, Changed + more.Changed, OldMicros + more.OldMicros, NewMicros + more.NewMicros);
    }
}

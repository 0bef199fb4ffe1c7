namespace Nexus.Web.Usage.Reports;

/// <summary>What usage is split by.</summary>
/// <param name="Name">As in the URL.</param>
/// <param name="Column">Of the rollups.</param>
/// <param name="Title">For people.</param>
/// <param name="Unknown">What stands for an empty value.</param>
internal sealed record UsageDimension(string Name, string Column, string Title, string Unknown)
{
    public static UsageDimension Model { get; } = new("model", "model", "Model", "no model");

    public static IReadOnlyList<UsageDimension> All { get; } =
    [
        Model,
        new("domain", "domain", "Domain", "no domain"),
        new("owner", "owner", "Person", "no owner"),
        new("key", "key_id", "Key", "no key"),
        new("account", "account_id", "Account", "own credential"),
        new("type", "request_type", "Request type", "not a message"),
        new("lane", "lane", "Lane", "no lane"),
    ];

    /// <summary>The values that a query string demands of dimensions, by their names.</summary>
    public static IReadOnlyList<(UsageDimension Dimension, string Value)> FiltersOf(IQueryCollection query) =>
        [.. All.Where(dimension => query[dimension.Name].ToString().Length > 0).Select(dimension => (dimension, query[dimension.Name].ToString()))];

    public static UsageDimension? Find(string? name) => All.FirstOrDefault(dimension => dimension.Name == name);
}

using System.Text.Json;

namespace Nexus.Web.Pages.Tables;

/// <summary>How somebody likes their tables: kept by name in the database, or in a cookie where only the key is known.</summary>
internal sealed record TablePreferences
{
    /// <summary>Of the cookie, which grows by its escapes; browsers take 4 KB.</summary>
    private const int Longest = 2400;

    public const string Cookie = "nexus_tables";

    public bool? Compact { get; init; }

    /// <summary>Names of columns by table.</summary>
    public IReadOnlyDictionary<string, string[]> Columns { get; init; } = new Dictionary<string, string[]>();

    /// <summary>The saved view that a table opens with.</summary>
    public IReadOnlyDictionary<string, Guid> Views { get; init; } = new Dictionary<string, Guid>();

    public TablePreferences WithColumns(string page, string[]? columns) => this with { Columns = With(Columns, page, columns) };

    public TablePreferences WithView(string page, Guid? view)
    {
        var views = Views.Where(pair => pair.Key != page).ToDictionary();
        if (view is { } id)
            views[page] = id;
        return this with { Views = views };
    }

    /// <summary>As it is kept; null when it is too much to be kept.</summary>
    public string? Write() => JsonSerializer.Serialize(this) is { Length: <= Longest } text ? text : null;

    /// <summary>What cannot be read is as if nothing were kept.</summary>
    public static TablePreferences Read(string? text)
    {
        try
        {
            return text is { Length: > 0 and <= Longest } && JsonSerializer.Deserialize<TablePreferences>(text) is { } read ? Whole(read) : new();
        }
        catch (JsonException)
        {
            return new();
        }
    }

    /// <summary>A cookie is what a browser says: each part of it may be missing.</summary>
    private static TablePreferences Whole(TablePreferences read) => read with
    {
        Columns = (read.Columns ?? new Dictionary<string, string[]>()).Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value.Where(name => name is not null).ToArray()),
        Views = read.Views ?? new Dictionary<string, Guid>(),
    };

    private static Dictionary<string, string[]> With(IReadOnlyDictionary<string, string[]> all, string page, string[]? columns)
    {
        var others = all.Where(pair => pair.Key != page).ToDictionary();
        if (columns is not null)
            others[page] = columns;
        return others;
    }
}

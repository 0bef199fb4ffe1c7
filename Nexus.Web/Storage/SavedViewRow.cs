namespace Nexus.Web.Storage;

/// <summary>A table as somebody arranged and filtered it, under a name (table <c>saved_views</c>).</summary>
internal sealed class SavedViewRow
{
    public required Guid Id { get; set; }

    /// <summary>The table's name, such as <c>requests</c>.</summary>
    public required string Page { get; set; }

    public required string Name { get; set; }

    /// <summary>Of the page's address, with its <c>?</c>; empty for the page as it is.</summary>
    public required string Query { get; set; }

    /// <summary>Who made it, as the audit log names them.</summary>
    public required string Owner { get; set; }

    /// <summary>Everybody sees it; only its owner changes it.</summary>
    public bool Shared { get; set; }

    public required DateTimeOffset CreatedAt { get; set; }
}

/// <summary>How somebody likes their tables (table <c>table_preferences</c>). Those who have only the key keep it in a cookie.</summary>
internal sealed class TablePreferencesRow
{
    public required string Person { get; set; }

    /// <summary>As <c>Pages.Tables.TablePreferences</c> writes it (JSON).</summary>
    public required string Settings { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }
}

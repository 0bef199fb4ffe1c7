namespace Nexus.Web.Pages;

/// <summary>Light or dark, as chosen in the palette and kept in a cookie.</summary>
internal static class Theme
{
    /// <returns>Null where nothing is chosen: the system's counts.</returns>
    public static string? Of(HttpRequest request) => request.Cookies["nexus_theme"] is "light" or "dark" ? request.Cookies["nexus_theme"] : null;
}

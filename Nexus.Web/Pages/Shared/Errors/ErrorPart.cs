namespace Nexus.Web.Pages.Shared.Errors;

/// <summary>What could not be shown or done, for people.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Title">What failed.</param>
/// <param name="Next">What to do now.</param>
public sealed record ErrorPart(int Status, string Title, string Why, string Next)
{
    /// <summary>Address of the page to load again; null where that cannot help.</summary>
    public string? Again { get; init; }

    /// <summary>A list in which what was looked for would be.</summary>
    public (string Title, string Href)? List { get; init; }

    /// <summary>Where somebody begins, with what that is called.</summary>
    public (string Title, string Href) Home { get; init; } = ("Overview", "/dashboard");

    /// <summary>By which the log names what went wrong.</summary>
    public string? RequestId { get; init; }

    /// <summary>The same in a line, for a message in the page.</summary>
    public string Line => RequestId is null ? $"{Why} {Next}" : $"{Why} {Next} Request id: {RequestId}.";
}

using System.Text.Json;
using System.Text.RegularExpressions;
using Nexus.Web.Capture;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Audit;

/// <summary>The audit log: rows are added to the context that makes the change, so that both are saved or neither is.</summary>
internal static partial class AuditLog
{
    private const int MostOfSubject = 500;

    /// <param name="action">Dotted, such as <c>key.created</c>.</param>
    /// <param name="subject">What it is done to: an id or a name.</param>
    /// <param name="details">What changes, serialised as JSON; never a secret.</param>
    public static void Record(this NexusDbContext db, Actor actor, DateTimeOffset at, string action, string subject, object? details = null) =>
        db.Audit.Add(Row(actor, at, action, subject, details));

    /// <summary>Only what PostgreSQL takes: one entry that it refused would hold up those behind it.</summary>
    public static AuditRow Row(Actor actor, DateTimeOffset at, string action, string subject, object? details) => new()
    {
        At = at,
        Actor = PlainText.Clean(actor.Name)!,
        Address = PlainText.Clean(actor.Address),
        Action = action,
        Subject = PlainText.Clean(subject, MostOfSubject)!,
        Details = details is null ? null : Nul().Replace(JsonSerializer.Serialize(details, JsonSerializerOptions.Web), ""),
    };

    /// <summary>U+0000 as JSON writes it, which jsonb refuses; not a backslash that is itself escaped.</summary>
    [GeneratedRegex(@"(?<=(?<!\\)(?:\\\\)*)\\u0000", RegexOptions.None, 1000)]
    private static partial Regex Nul();
}

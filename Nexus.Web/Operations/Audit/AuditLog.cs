using System.Text.Json;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Audit;

/// <summary>The audit log: rows are added to the context that makes the change, so that both are saved or neither is.</summary>
internal static class AuditLog
{
    /// <param name="action">Dotted, such as <c>key.created</c>.</param>
    /// <param name="subject">What it is done to: an id or a name.</param>
    /// <param name="details">What changes, serialised as JSON; never a secret.</param>
    public static void Record(this NexusDbContext db, Actor actor, DateTimeOffset at, string action, string subject, object? details = null) =>
        db.Audit.Add(Row(actor, at, action, subject, details));

    public static AuditRow Row(Actor actor, DateTimeOffset at, string action, string subject, object? details) => new()
    {
        At = at,
        Actor = actor.Name,
        Address = actor.Address,
        Action = action,
        Subject = subject,
        Details = details is null ? null : JsonSerializer.Serialize(details, JsonSerializerOptions.Web),
    };
}

namespace Nexus.Web.Storage;

internal enum DatabaseCondition
{
    Starting,
    Ready,
    Away,
}

/// <param name="LastError">Why it is away, without secrets.</param>
internal sealed record DatabaseState(DatabaseCondition Condition, DateTimeOffset Since, string? LastError = null);

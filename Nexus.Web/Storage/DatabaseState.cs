namespace Nexus.Web.Storage;

internal enum DatabaseCondition
{
    Starting,
    Ready,
    Away,
}

/// <param name="LastError">Why it is away, without secrets.</param>
internal sealed record DatabaseState(DatabaseCondition Condition, DateTimeOffset Since, string? LastError = null)
{
    /// <summary>Since when it is away; <paramref name="now"/> where a question failed before the watch over the database has seen it.</summary>
    public DateTimeOffset AwaySince(DateTimeOffset now) => Condition == DatabaseCondition.Away ? Since : now;
}

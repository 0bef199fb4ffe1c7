using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Shared.Comparing;

/// <summary>A request as the head of one side of a comparison.</summary>
public sealed record CompareLine(Guid Id, DateTimeOffset At, string? Model, string Lane, long InputTokens, long CacheRead, long CacheWritten)
{
    internal static CompareLine Of(LedgerRow row) => new(row.Id, row.StartedAt, row.ModelServed ?? row.ModelRequested, row.Lane, row.InputTokens, row.CacheReadTokens, row.CacheCreation5mTokens + row.CacheCreation1hTokens);
}

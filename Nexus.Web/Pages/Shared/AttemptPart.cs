using System.Text.Json;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Shared;

/// <summary>One attempt of a request as its page shows it.</summary>
public sealed record AttemptPart(int Ordinal, string? Account, int? Status, string? Scope, int AfterMs, int WaitMs, int DurationMs, string? Error, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    internal static AttemptPart Of(AttemptRow row) => new(
        row.Ordinal, row.AccountId, row.Status, row.Scope, row.AfterMs, row.WaitMs, row.DurationMs, row.Error,
        row.Headers is null ? [] : [.. JsonSerializer.Deserialize<string[][]>(row.Headers)!.Where(pair => pair.Length == 2).Select(pair => KeyValuePair.Create(pair[0], pair[1]))]);
}

namespace Nexus.Web.Conformance;

/// <summary>The whole contract.</summary>
internal static class Contract
{
    public static IReadOnlyList<Check> Checks { get; } = [.. RequestClauses.All, .. AnswerClauses.All, .. FaultClauses.All];
}

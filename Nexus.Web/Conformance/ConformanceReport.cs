namespace Nexus.Web.Conformance;

/// <summary>How one check came out.</summary>
/// <param name="Problems">Empty when it passed.</param>
/// <param name="Sent">SHA-256 of the body that the client sent.</param>
/// <param name="Arrived">Of the body that reached the upstream; null when nothing did.</param>
/// <param name="Answered">Of the body that the upstream answered; null when it was not asked.</param>
/// <param name="Received">Of the body that the client got.</param>
public sealed record CheckResult(string Name, string Clause, bool Passed, IReadOnlyList<string> Problems, string Sent, string? Arrived, string? Answered, string Received, int DurationMs)
{
    internal static CheckResult Of(Observed seen, TimeSpan took)
    {
        var problems = seen.Check.Expect.Select(expectation => expectation.Problem(seen)).OfType<string>().Distinct().ToList();
        var arrived = seen.Arrived.Count > 0 ? Expect.Hash(seen.Arrived[0].Body) : null;
        return new(seen.Check.Name, seen.Check.Clause, problems.Count == 0, problems, Expect.Hash(seen.Ask.Body), arrived, arrived is null ? null : Expect.Hash(seen.Reply.Bytes), Expect.Hash(seen.Answer.Body), (int)took.TotalMilliseconds);
    }
}

/// <summary>A run over the whole contract.</summary>
/// <param name="Gateway">The address that was asked.</param>
public sealed record ConformanceReport(DateTimeOffset StartedAt, string Version, Uri Gateway, int Passed, int Failed, int DurationMs, IReadOnlyList<CheckResult> Checks);

using System.Security.Cryptography;
using System.Text.Json;

namespace Nexus.Web.Conformance;

/// <summary>What the checks demand, a line each.</summary>
internal static class Expect
{
    private static readonly string[] OfTheHop = ["host", "connection", "content-length", "transfer-encoding", "authorization", "x-api-key"];
    private static readonly string[] Added = ["date", "connection", "content-length", "transfer-encoding", "x-nexus-request-id"];

    /// <summary>Method, target, headers and bytes up; status, headers and bytes down.</summary>
    public static Expectation[] Unchanged => [Asked, SameUp, HeadersUp, Credential, StatusDown, HeadersDown, SameDown, EndsWhole];

    /// <summary>Each request was asked upstream once: Nexus adds no tries of its own.</summary>
    public static Expectation Asked { get; } = new(seen => seen.Arrived.Count == seen.Ask.Times ? null : $"the upstream was asked {seen.Arrived.Count} times for {seen.Ask.Times}");

    public static Expectation NotForwarded { get; } = new(seen => seen.Arrived.Count == 0 ? null : "it was forwarded");

    public static Expectation SameUp { get; } = Each(seen => seen.Arrived, (seen, arrived) =>
        (arrived.Method, arrived.Target) != (seen.Ask.Method, seen.Ask.Target) ? $"the upstream got {arrived.Method} {arrived.Target}"
        : arrived.Body.AsSpan().SequenceEqual(seen.Ask.Body) ? null : $"the body went up changed: {Hash(seen.Ask.Body)} became {Hash(arrived.Body)}");

    public static Expectation HeadersUp { get; } = Each(seen => seen.Arrived, (seen, arrived) =>
    {
        foreach (var (name, value) in seen.Ask.Headers.Where(header => !header.Name.Equals(seen.Ask.MaySet, StringComparison.OrdinalIgnoreCase)))
            if (string.Join(", ", arrived.All(name)) != value)
                return $"{name} went up as '{string.Join(", ", arrived.All(name))}'";
        return arrived.Headers.Select(header => header.Name.ToLowerInvariant()).Except(OfTheHop)
            .Except(seen.Ask.Headers.Select(header => header.Name.ToLowerInvariant())).FirstOrDefault(name => name != seen.Ask.MaySet) is { } more ? $"{more} was added" : null;
    });

    /// <summary>The account's secret in the header of its kind, in no other, and nowhere the client's key.</summary>
    public static Expectation Credential { get; } = Each(seen => seen.Arrived, (seen, arrived) =>
    {
        var (right, other) = seen.Ask.OAuth ? ("authorization", "x-api-key") : ("x-api-key", "authorization");
        var secret = seen.Ask.OAuth ? "Bearer " + seen.Secrets.Token : seen.Secrets.Account;
        if (arrived.Headers.Any(header => header.Value.Contains(seen.Secrets.Nexus, StringComparison.Ordinal)))
            return "the Nexus key was shown to the upstream";
        if (arrived.All(other).Any())
            return $"a second credential went up in {other}";
        return arrived.All(right).SequenceEqual([secret]) ? null : $"{right} does not hold the account's secret";
    });

    public static Expectation StatusDown { get; } = Each(seen => seen.Answers, (seen, answer) => answer.Status == seen.Reply.Status ? null : $"the client got {answer.Status?.ToString() ?? "no answer"} for {seen.Reply.Status}");

    public static Expectation HeadersDown { get; } = Each(seen => seen.Answers, (seen, answer) =>
    {
        foreach (var group in seen.Reply.Headers.GroupBy(header => header.Name, StringComparer.OrdinalIgnoreCase))
            if (!answer.All(group.Key).SequenceEqual(group.Select(header => header.Value)))
                return $"{group.Key} came down as '{string.Join(", ", answer.All(group.Key))}'";
        return answer.Headers.Select(header => header.Name.ToLowerInvariant()).Except(Added)
            .Except(seen.Reply.Headers.Select(header => header.Name.ToLowerInvariant())).FirstOrDefault() is { } more ? $"{more} was added to the answer"
            : answer.All("x-nexus-request-id").Count() == 1 ? null : "x-nexus-request-id is missing";
    });

    public static Expectation SameDown { get; } = Each(seen => seen.Answers, (seen, answer) =>
        seen.Ask.Method == "HEAD" || answer.Body.AsSpan().SequenceEqual(seen.Reply.Bytes) ? null : $"the answer came down changed: {Hash(seen.Reply.Bytes)} became {Hash(answer.Body)}");

    public static Expectation EndsWhole { get; } = Each(seen => seen.Answers, (_, answer) => answer.Whole ? null : "the client's connection was destroyed before the end");

    public static Expectation Destroyed { get; } = Each(seen => seen.Answers, (_, answer) => answer.Whole ? "the answer ended cleanly for the client" : null);

    public static Expectation NothingHeldBack { get; } = new(seen => seen.HeldBack is { } piece ? $"piece {piece} was held back until the next one" : null);

    public static Expectation UpstreamLeft { get; } = new(seen => seen.UpstreamLeft ? null : "the upstream's connection stayed open");

    /// <summary>An answer of Nexus's own in Anthropic's envelope.</summary>
    public static Expectation Refused(string type, int status) => Each(seen => seen.Answers, (_, answer) =>
        answer.Status != status ? $"the answer is {answer.Status}" : ErrorType(answer) is var got && got == type ? null : $"error.type is '{got}'");

    /// <summary>At once and for good, unless Nexus cannot know yet: its database has been away since it started. Guesses, as many runs from one address are, get 429.</summary>
    public static Expectation KeyRefused { get; } = Each(seen => seen.Answers, (_, answer) => (answer.Status, ErrorType(answer)) switch
    {
        (503, "overloaded_error") => null,
        (401, "authentication_error") or (429, "rate_limit_error") => answer.All("x-should-retry").SequenceEqual(["false"]) ? null : "x-should-retry: false is missing",
        var (status, type) => $"the answer is {status} {type}",
    });

    public static Expectation Status(int status) => Each(seen => seen.Answers, (_, answer) => answer.Status == status ? null : $"the answer is {answer.Status}");

    public static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static Expectation Each<T>(Func<Observed, IEnumerable<T>> items, Func<Observed, T, string?> problem) => new(seen => items(seen).Select(item => problem(seen, item)).FirstOrDefault(found => found is not null));

    private static string? ErrorType(Answer answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return json.RootElement.GetProperty("error").GetProperty("type").GetString();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}

using Nexus.Web.Capture;

namespace Nexus.Web.Access.Keys;

/// <summary>What someone asks a key to be.</summary>
/// <param name="Domain">The host that clients use; written as <see cref="RequestDomain"/> has it.</param>
/// <param name="AllowedModels">Empty: every model.</param>
/// <param name="Capture">Null: the domain's.</param>
/// <param name="CaptureReason">Demanded with a level of its own.</param>
internal sealed record KeyRequest(
    string Name,
    string Owner,
    string Domain,
    IReadOnlyList<string> AllowedModels,
    CaptureLevel? Capture = null,
    string? CaptureReason = null,
    DateTimeOffset? ExpiresAt = null)
{
    private const int Longest = 100;
    private const int LongestReason = 500;

    /// <summary>What is wrong with it, in words for the person who asks; empty when nothing is.</summary>
    public List<string> Problems(DateTimeOffset now)
    {
        var problems = new List<string>();
        if (!IsText(Name, Longest))
            problems.Add($"name: give the key a name of at most {Longest} characters, such as the program or machine it is for");
        if (!IsText(Owner, Longest))
            problems.Add($"owner: name the person or team that uses it, in at most {Longest} characters");
        if (RequestDomain.From(Domain) is null)
            problems.Add("domain: it is no host name; give the one that clients use in ANTHROPIC_BASE_URL, such as claude.example.com or localhost:3000");
        if (ModelPatterns.Problem(AllowedModels) is { } models)
            problems.Add("allowedModels: " + models);
        if (ExpiresAt <= now)
            problems.Add("expiresAt: it lies in the past");
        problems.AddRange(CaptureProblems(Capture, CaptureReason));
        return problems;
    }

    public static IEnumerable<string> CaptureProblems(CaptureLevel? level, string? reason)
    {
        if (level is not null && !IsText(reason ?? "", LongestReason))
            yield return $"captureReason: a level of its own needs its reason, in at most {LongestReason} characters";
    }

    private static bool IsText(string text, int most) => text.Trim().Length > 0 && text.Length <= most && !text.Any(char.IsControl);
}

/// <summary>A request that cannot be done, with what is wrong.</summary>
internal sealed class KeyProblemException(IReadOnlyList<string> problems) : ArgumentException(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems => problems;
}

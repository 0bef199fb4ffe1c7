using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages.Shared.SignIn;

/// <summary>What is somebody's own, over a stretch of time.</summary>
/// <param name="Name">Null for who came with the key.</param>
/// <param name="Problem">What of the time range was not understood.</param>
/// <param name="ProxyAddress">Where clients reach the gateway.</param>
public sealed record MinePart(string? Name, string? Problem, string ProxyAddress)
{
    public UsageSums Total { get; init; }
    public IReadOnlyList<MineModelLine> Models { get; init; } = [];
    public IReadOnlyList<KeyPart> Keys { get; init; } = [];
    public IReadOnlyList<RequestLine> Requests { get; init; } = [];
    public IReadOnlyList<ConversationLine> Conversations { get; init; } = [];
    public IReadOnlyList<BudgetPart> Budgets { get; init; } = [];

    /// <summary>What was searched for.</summary>
    public string? Words { get; init; }

    /// <summary>Addresses of the next pages; null on the last.</summary>
    public string? OlderRequests { get; init; }
    public string? OlderConversations { get; init; }

    /// <summary>Address of the first page; null on it.</summary>
    public string? Newest { get; init; }
}

public sealed record MineModelLine(string Model, UsageSums Sums);

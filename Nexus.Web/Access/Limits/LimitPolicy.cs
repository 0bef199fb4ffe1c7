using Microsoft.Extensions.Options;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Access.Limits;

/// <summary>Why a request is not let through.</summary>
/// <param name="Type">Anthropic's error type.</param>
internal sealed record LimitRefusal(int Status, string Type, string Message, int? RetryAfterSeconds, bool? ShouldRetry);

/// <param name="Policy">What the limits said, as JSON for the ledger; null when none applied.</param>
/// <param name="Reservation">Null when nothing was reserved.</param>
internal readonly record struct PolicyResult(LimitRefusal? Refusal, Reservation? Reservation, string? Policy);

/// <summary>
/// Budgets and rates, decided in memory. Limited are <c>POST /v1/messages</c> and the making of batches (which cost money that
/// is only known later: they need a budget that is not used up, and count as a request); every other path passes.
/// </summary>
internal sealed class LimitPolicy(LimitBook book, Reservations reservations, PriceBook prices, IOptions<LimitOptions> options, TimeProvider time)
{
    private const string Unknown = """[{"verdict":"unknown"}]""";

    public static bool AppliesTo(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Path.Value is "/v1/messages" or "/v1/messages/batches";

    /// <param name="body">Empty for a batch, which is not read.</param>
    /// <param name="recorded">A ledger row will tell the true cost.</param>
    public PolicyResult Admit(Guid id, Caller caller, DateTimeOffset at, string? model, ReadOnlySpan<byte> body, bool recorded)
    {
        if (!book.Known && options.Value.BudgetsFail == BudgetsFail.Closed)
            return new(new(StatusCodes.Status503ServiceUnavailable, "overloaded_error", "The gateway has not read its budgets since it started, because its database is away, and is set to refuse requests until it has (BUDGETS_FAIL=closed). Try again in a moment.", 5, null), null, Unknown);
        if (book.IsEmpty)
            return new(null, null, book.Known ? null : Unknown);
        var gates = new List<LimitGate>(4);
        book.Find(caller, at, gates);
        if (gates.Count == 0)
            return default;
        var peek = RequestPeek.Read(body);
        var estimate = body.IsEmpty ? default : Estimate.Of(prices.Newest, model, at, body, peek.MaxTokens);
        return Enter(id, gates, new(at, estimate, peek.Stream, book.Nodes, book.Away), recorded);
    }

    /// <summary>The answer is over. Without a ledger row its cost is never known: nothing is counted then.</summary>
    public void Over(Reservation? reservation, bool recorded)
    {
        reservation?.Ended(time.GetTimestamp());
        if (!recorded)
            reservation?.Settle(0, 0);
    }

    private PolicyResult Enter(Guid id, List<LimitGate> gates, Admission asked, bool recorded)
    {
        var decisions = new List<Decision>(gates.Count);
        var passages = new Passage[gates.Count];
        for (var i = 0; i < gates.Count; i++)
        {
            var decision = gates[i].Enter(asked);
            decisions.Add(decision);
            if (decision.Allowed)
            {
                passages[i] = new(gates[i], decision.Period.Start, asked.Estimate.Micros, asked.Estimate.Tokens, asked.Estimate.PromptTokens);
                continue;
            }

            for (var entered = 0; entered < i; entered++)
                gates[entered].Leave(passages[entered], asked.Stream);
            if (decision.Verdict == Verdict.Held)
                book.Ask();
            return new(Refusals.Of(decision, asked.Away), null, PolicyJson.Write(decisions));
        }

        var reservation = new Reservation(passages, asked.Stream);
        if (recorded)
            reservations.Add(id, reservation);
        return new(null, reservation, PolicyJson.Write(decisions));
    }
}

using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Credentials;
using Nexus.Web.Operations.Health;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>Whether somebody pays for analyses, and whether their budget lasts.</summary>
internal sealed class AnalysisProbe(CredentialFiles files, Database database, IServiceScopeFactory scopes, IOptions<AnalysisOptions> options) : IProbe
{
    private const string Fix = "Give the domain a credential file (page Accounts), name another one in AI_ANALYSIS_DOMAIN, or set AI_ANALYSIS_API_KEY to a Claude API key.";

    public string Name => "analysis";

    public string Title => "AI analysis";

    public async Task<Finding> LookAsync(CancellationToken cancellation)
    {
        if (Payer() is { } trouble)
            return trouble;
        if (database.State.Condition != DatabaseCondition.Ready)
            return Finding.Warning("Analyses wait for the database.", "See the check of the database.");
        await using var scope = scopes.CreateAsyncScope();
        var budget = scope.ServiceProvider.GetRequiredService<AnalysisBudget>();
        if (budget.Refuse(await budget.ReadAsync(null, cancellation), 0) is { } spent)
            return Finding.Warning(spent, "Wait for the next day or month, or raise AI_ANALYSIS_DAILY_BUDGET or AI_ANALYSIS_MONTHLY_BUDGET.");
        return Finding.Ok($"On, with {options.Value.Model}, paid by {(options.Value.Domain.Length > 0 ? options.Value.Domain : "each conversation's own domain")}.");
    }

    private Finding? Payer()
    {
        var ownKey = options.Value.ApiKey.Length > 0 && !KeySecret.IsNexus(options.Value.ApiKey);
        if (options.Value.Domain is { Length: > 0 } domain)
        {
            return files.Find(domain) is { } credential
                ? credential.Problem is { } problem ? Finding.Failure($"The credential file of {domain}, which pays for analyses, cannot be used: {problem}.", $"Correct {domain}.credentials.json.") : null
                : ownKey ? null : Finding.Failure($"{domain}, which is to pay for analyses (AI_ANALYSIS_DOMAIN), has no Claude account here.", Fix);
        }

        return ownKey || files.Domains.Any() ? null : Finding.Failure("No domain has a Claude account here that could pay for analyses.", Fix);
    }
}

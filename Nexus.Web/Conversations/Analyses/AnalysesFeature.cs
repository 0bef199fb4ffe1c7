using Nexus.Web.Operations.Health;

namespace Nexus.Web.Conversations.Analyses;

internal static class AnalysesFeature
{
    public static void AddAnalyses(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<AnalysisOptions>().BindConfiguration(AnalysisOptions.Section);
        builder.Services.AddSingleton<TranscriptText>().AddSingleton<AnalysisClient>().AddSingleton<AnalysisQueue>().AddSingleton<AnalysisRates>();
        builder.Services.AddScoped<AnalysisInputs>().AddScoped<AnalysisBudget>().AddScoped<AnalysisClaims>().AddScoped<AnalysisAttempt>().AddScoped<AnalysisRunner>().AddScoped<AnalysisRequests>();
        if (builder.Configuration.GetSection(AnalysisOptions.Section).GetValue<bool>(nameof(AnalysisOptions.Enabled)))
            builder.Services.AddSingleton<IProbe, AnalysisProbe>();
    }
}

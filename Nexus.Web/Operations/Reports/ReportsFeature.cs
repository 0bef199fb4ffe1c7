namespace Nexus.Web.Operations.Reports;

internal static class ReportsFeature
{
    public static void AddReports(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<DailyErrors>().AddSingleton<WeeklyTrends>().AddSingleton<MonthlyCost>().AddSingleton<ReportKinds>();
}

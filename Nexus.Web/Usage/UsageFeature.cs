using Nexus.Web.Usage.Caching;
using Nexus.Web.Usage.Pricing;
using Nexus.Web.Usage.Reports;
using Nexus.Web.Usage.Windows;

namespace Nexus.Web.Usage;

internal static class UsageFeature
{
    public static void AddUsage(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<UsageOptions>().BindConfiguration(UsageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<AccountUsage>().AddSingleton<UsageReports>().AddSingleton<UsageNames>().AddSingleton<ToolShares>().AddSingleton<SubagentShares>().AddSingleton<CacheWaste>();
        builder.Services.AddSingleton<PriceBook>().AddSingleton<PriceLists>();
    }
}

namespace Nexus.Web.Access.Limits;

internal static class LimitsFeature
{
    public static void AddLimits(this WebApplicationBuilder builder)
    {
        builder.AddLimitEditing();
        builder.Services.AddSingleton<Reservations>().AddSingleton<LimitPolicy>();
        builder.Services.AddSingleton<LimitBeat>().AddHostedService(services => services.GetRequiredService<LimitBeat>());
    }

    /// <summary>What shows and changes limits, without what enforces them: enough for a command.</summary>
    public static void AddLimitEditing(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<LegacyLimits>().AddSingleton<LimitBook>().AddSingleton<LimitSnapshot>().AddSingleton<LimitEditor>().AddSingleton<EstimatedUse>().AddScoped<LimitStates>();
    }
}

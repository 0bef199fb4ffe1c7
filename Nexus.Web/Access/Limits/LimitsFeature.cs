namespace Nexus.Web.Access.Limits;

internal static class LimitsFeature
{
    public static void AddLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<LegacyLimits>().AddSingleton<LimitBook>().AddSingleton<Reservations>().AddSingleton<LimitPolicy>().AddSingleton<LimitEditor>().AddScoped<LimitStates>();
        builder.Services.AddSingleton<LimitBeat>().AddHostedService(services => services.GetRequiredService<LimitBeat>());
    }
}

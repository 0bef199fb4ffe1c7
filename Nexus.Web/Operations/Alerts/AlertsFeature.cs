using Nexus.Web.Operations.Channels;
using Nexus.Web.Operations.Channels.Conversations;

namespace Nexus.Web.Operations.Alerts;

internal static class AlertsFeature
{
    public static void AddAlerts(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ChannelOptions>().BindConfiguration(ChannelOptions.Section);
        builder.Services.AddOptions<AlertOptions>().BindConfiguration(AlertOptions.Section);
        builder.Services.AddSingleton<HttpSender>().AddSingleton<SlackChannel>().AddSingleton<Deliveries>();
        builder.Services.AddSingleton<IChannel>(services => services.GetRequiredService<SlackChannel>()).AddSingleton<IChannel, WebhookChannel>().AddSingleton<IChannel, EmailChannel>();
        builder.Services.AddSingleton<NodeSources>().AddSingleton<BackupReadings>().AddSingleton<SharedSources>().AddSingleton<UsageReadings>().AddSingleton<SampleReadings>();
        builder.Services.AddSingleton<IReadOnlyList<AlertSource>>(services => [.. services.GetRequiredService<NodeSources>().All(), .. services.GetRequiredService<SharedSources>().All()]);
        builder.Services.AddSingleton<AlertEvaluator>().AddScoped<AlertDesk>();
        builder.Services.AddSingleton<ConversationNotes>().AddHostedService(services => services.GetRequiredService<ConversationNotes>());
        builder.Services.AddHostedService<AlertBeat>().AddHostedService<DeliveryBeat>();
    }
}

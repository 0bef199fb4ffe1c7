using Nexus.Web.Capture.Journaling;

namespace Nexus.Web.Capture;

internal static class CaptureFeature
{
    public static void AddCapture(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PayloadReader>().AddSingleton<Redaction.Redactor>().AddSingleton<Conversations.Rebuilding.Rebuilder>();
        builder.Services.AddOptions<CaptureOptions>().BindConfiguration(CaptureOptions.Section);
        if (!builder.Configuration.GetValue<bool>("Storage:Enabled"))
            return;
        builder.Services.AddJournal();
        builder.Services.AddHostedService<IngestWorker>();
    }
}

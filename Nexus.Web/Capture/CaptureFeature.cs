using Nexus.Web.Capture.Journaling;

namespace Nexus.Web.Capture;

internal static class CaptureFeature
{
    public static void AddCapture(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PayloadReader>();
        if (!builder.Configuration.GetValue<bool>("Storage:Enabled"))
            return;
        builder.Services.AddJournal();
        builder.Services.AddHostedService<IngestWorker>();
    }
}

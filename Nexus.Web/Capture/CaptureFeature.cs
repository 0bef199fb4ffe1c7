namespace Nexus.Web.Capture;

internal static class CaptureFeature
{
    public static void AddCapture(this WebApplicationBuilder builder) => _ = builder;
}

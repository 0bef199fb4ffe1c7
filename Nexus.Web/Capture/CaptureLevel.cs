namespace Nexus.Web.Capture;

/// <summary>How much of an exchange is kept besides its ledger row.</summary>
internal enum CaptureLevel
{
    Full,
    Redacted,
    Metadata,
    Off,
}

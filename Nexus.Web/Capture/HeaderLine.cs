namespace Nexus.Web.Capture;

/// <summary>A header as it came, one line per value; values of credential headers are masked before this is made.</summary>
internal readonly record struct HeaderLine(string Name, string Value);

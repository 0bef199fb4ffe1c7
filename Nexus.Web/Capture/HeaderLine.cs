using MemoryPack;

namespace Nexus.Web.Capture;

/// <summary>A header as it came, one line per value; values of credential headers are masked before this is made.</summary>
[MemoryPackable]
internal readonly partial record struct HeaderLine(string Name, string Value);

internal static class HeaderLines
{
    /// <summary>The first value of a header, whatever the case of its name; null when it is missing.</summary>
    public static string? Find(this IEnumerable<HeaderLine> headers, string name)
    {
        foreach (var header in headers)
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return header.Value;
        return null;
    }
}

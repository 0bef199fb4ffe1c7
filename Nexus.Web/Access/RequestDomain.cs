using System.Net;

namespace Nexus.Web.Access;

/// <summary>The tenant a request belongs to: its <c>Host</c>, lower-cased, without port unless localhost or an IP address.</summary>
internal static class RequestDomain
{
    private static readonly System.Buffers.SearchValues<char> Allowed = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]");

    /// <summary>Null when the header is missing or could name anything but a host: the domain becomes part of a file name.</summary>
    public static string? From(string? host)
    {
        if (string.IsNullOrEmpty(host) || host.Length > 253)
            return null;
        var domain = host.ToLowerInvariant();
        if (domain.AsSpan().ContainsAnyExcept(Allowed) || domain.Contains("..", StringComparison.Ordinal))
            return null;
        var name = NameOf(domain).TrimEnd('.');
        if (name.Length == 0)
            return null;
        if (name.Contains("xn--", StringComparison.Ordinal) && !IsPunycode(name))
            return null;
        return name == "localhost" || IPAddress.TryParse(name.Trim('[', ']'), out _) ? domain : name;
    }

    /// <summary>What looks like punycode must be some: ASP.NET takes it apart wherever a request's host is asked for, and throws.</summary>
    private static bool IsPunycode(string name)
    {
        try
        {
            new System.Globalization.IdnMapping().GetUnicode(name);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string NameOf(string domain)
    {
        if (domain[0] == '[')
            return domain.IndexOf(']') is var close and > 0 ? domain[..(close + 1)] : domain;
        return domain.IndexOf(':') is var colon and >= 0 ? domain[..colon] : domain;
    }
}

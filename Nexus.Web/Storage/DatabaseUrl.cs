using System.Globalization;
using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>DATABASE_URL: a postgres:// URI, or an Npgsql connection string.</summary>
internal static class DatabaseUrl
{
    /// <summary>Connection settings of <paramref name="value"/>, with the pool's defaults of 20 connections and 30 s idle.</summary>
    /// <param name="ignored">Names of parameters that mean nothing here.</param>
    /// <exception cref="FormatException">Says what is wrong in words of its own: no part of the value, which may be a misplaced piece of the password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string value, out IReadOnlyList<string> ignored)
    {
        var settings = new NpgsqlConnectionStringBuilder { MaxPoolSize = 20, ConnectionIdleLifetime = 30, ConnectionPruningInterval = 5, Timeout = 2, ApplicationName = "nexus" };
        var unknown = new List<string>();
        ignored = unknown;
        if (!value.StartsWith("postgres://", StringComparison.Ordinal) && !value.StartsWith("postgresql://", StringComparison.Ordinal))
            return Keywords(settings, value);

        var rest = value[(value.IndexOf("://", StringComparison.Ordinal) + 3)..];
        if (rest.LastIndexOf('@') > rest.IndexOf('?', StringComparison.Ordinal) && rest.Contains('?', StringComparison.Ordinal))
            throw new FormatException("a '?' stands before the '@' (write it as %3F in a password)");
        var (body, query) = Cut(rest, '?');
        var at = body.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Cut(body[..at], ':');
            settings.Username = Uri.UnescapeDataString(user);
            settings.Password = Uri.UnescapeDataString(password);
        }

        var (hosts, database) = Cut(body[(at + 1)..], '/');
        settings.Database = database.Length == 0 ? "claude_proxy" : Uri.UnescapeDataString(database);
        Hosts(settings, hosts);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, setting) = Cut(pair, '=');
            if (!TryApply(settings, name, Uri.UnescapeDataString(setting)))
                unknown.Add(name);
        }

        return string.IsNullOrEmpty(settings.Host) ? throw new FormatException("it names no host") : settings;
    }

    /// <summary>One host with its port, or several, which Npgsql takes as they are.</summary>
    private static void Hosts(NpgsqlConnectionStringBuilder settings, string hosts)
    {
        foreach (var one in hosts.Split(','))
            if (one.LastIndexOf(':') is var colon and >= 0 && !one.EndsWith(']') && one.IndexOf(']', StringComparison.Ordinal) < colon)
            {
                var port = Number("the port", one[(colon + 1)..], 1, 65535);
                if (one.Length == hosts.Length)
                    (settings.Host, settings.Port) = (Uri.UnescapeDataString(one[..colon]), port);
            }

        if (string.IsNullOrEmpty(settings.Host))
            settings.Host = Uri.UnescapeDataString(hosts);
    }

    private static NpgsqlConnectionStringBuilder Keywords(NpgsqlConnectionStringBuilder settings, string value)
    {
        try
        {
            foreach (var (key, part) in new NpgsqlConnectionStringBuilder(value))
                settings[key] = part;
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw new FormatException("it is neither a postgres:// URL nor a connection string", error);
        }

        return string.IsNullOrEmpty(settings.Host) ? throw new FormatException("it names no host") : settings;
    }

    private static bool TryApply(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        try
        {
            return Apply(settings, name, value);
        }
        catch (ArgumentException error)
        {
            throw new FormatException($"its {name} means nothing to PostgreSQL", error);
        }
    }

    private static bool Apply(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        switch (name)
        {
            case "pool_max":
                settings.MaxPoolSize = Number(name, value, 1, 1000);
                return true;
            case "pool_idle_timeout":
                settings.ConnectionIdleLifetime = Math.Max(1, Number(name, value, 0, int.MaxValue) / 1000);
                settings.ConnectionPruningInterval = Math.Min(settings.ConnectionPruningInterval, settings.ConnectionIdleLifetime);
                return true;
            case "sslmode":
                settings.SslMode = Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var mode)
                    ? mode
                    : throw new FormatException("its sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full");
                return true;
            case "sslrootcert":
                settings.RootCertificate = value;
                return true;
            case "application_name":
                settings.ApplicationName = value;
                return true;
            case "target_session_attrs":
                settings.TargetSessionAttributes = value;
                return true;
            case "host":
                settings.Host = value;
                return true;
            case "user":
                settings.Username = value;
                return true;
            case "password":
                settings.Password = value;
                return true;
            case "dbname":
                settings.Database = value;
                return true;
            case "port":
                settings.Port = Number(name, value, 1, 65535);
                return true;
            default:
                return false;
        }
    }

    private static int Number(string name, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"{name} is not a number from {least} to {most}");

    private static (string Before, string After) Cut(string text, char separator) =>
        text.IndexOf(separator) is var i and >= 0 ? (text[..i], text[(i + 1)..]) : (text, "");
}

using System.Globalization;
using System.Net;
using Nexus.Web.Storage;

namespace Nexus.Web.Configuration;

/// <summary>The values that a variable takes.</summary>
/// <param name="Words">For error messages and docs/configuration.md.</param>
/// <param name="Read">The value as the binder takes it. Throws <see cref="FormatException"/> for any other, with the reason or an empty message; never with the value.</param>
internal sealed record Accepted(string Words, Func<string, string> Read)
{
    public static Accepted Boolean { get; } = new("true or false (1 or 0)", value => value.ToLowerInvariant() switch
    {
        "true" or "1" => "true",
        "false" or "0" => "false",
        _ => throw new FormatException(""),
    });

    public static Accepted AutoOrBoolean { get; } = new("auto, true or false (1 or 0)", value => value.Equals("auto", StringComparison.OrdinalIgnoreCase) ? "auto" : Boolean.Read(value));

    public static Accepted Directory { get; } = new("a directory", value => System.IO.File.Exists(value) ? throw new FormatException("it is a file") : value);

    public static Accepted File { get; } = new("a file", value => System.IO.File.Exists(value) ? value : throw new FormatException("there is no such file"));

    public static Accepted Address { get; } = new("an IP address or localhost", value => IsHost(value) ? value : throw new FormatException(""));

    public static Accepted Addresses { get; } = new("IP addresses or CIDR ranges, separated by commas", value =>
        value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(part => !IsAddress(part) && !IPNetwork.TryParse(part, out _)) is { } wrong
            ? throw new FormatException($"'{wrong}' is neither (the host bits of a range must be 0)")
            : value);

    public static Accepted HttpUrl { get; } = new("an http or https URL without query", value =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0 && url.Query.Length + url.Fragment.Length + url.UserInfo.Length == 0
            ? value
            : throw new FormatException(""));

    /// <summary>Such as a webhook's, whose path or query may be a secret.</summary>
    public static Accepted WebhookUrl { get; } = new("an http or https URL", value =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0 && url.UserInfo.Length == 0 ? value : throw new FormatException(""));

    /// <summary>Host name or address of another machine.</summary>
    public static Accepted Host { get; } = new("a host name or an IP address", value => Uri.CheckHostName(value) != UriHostNameType.Unknown ? value : throw new FormatException(""));

    public static Accepted Line { get; } = new("one line of text", value => value.Length <= 200 && !value.Any(char.IsControl) ? value : throw new FormatException(""));

    public static Accepted Names { get; } = new("names without spaces, separated by commas", value =>
        value.Any(character => character != ' ' && character is < '!' or > '~') || value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Any(part => part.Contains(' ', StringComparison.Ordinal)) ? throw new FormatException("") : value);

    public static Accepted Roles { get; } = new("entries somebody=role, separated by commas (or semicolons, where a group's name holds commas)", value =>
    {
        Access.SignIn.RoleMap.Parse(value);
        return value;
    });

    public static Accepted Mailboxes { get; } = new("e-mail addresses, separated by commas", value =>
        value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(part => !MimeKit.MailboxAddress.TryParse(part, out _)) is { } wrong ? throw new FormatException($"'{wrong}' is none") : value);

    /// <summary>Some of some words, separated by commas.</summary>
    public static Accepted Some(params string[] words) => new($"some of {string.Join(", ", words)}, separated by commas", value =>
        string.Join(',', value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => words.FirstOrDefault(word => word.Equals(part, StringComparison.OrdinalIgnoreCase)) ?? throw new FormatException($"'{part}' is none"))));

    public static Accepted DatabaseUrl { get; } = new("postgres://user:password@host/database?sslmode=…&pool_max=…&pool_idle_timeout=…, or an Npgsql connection string", value =>
    {
        Storage.DatabaseUrl.Parse(value, out _);
        return value;
    });

    public static Accepted Text { get; } = new("printable ASCII characters without spaces", value => value.AsSpan().ContainsAnyExceptInRange('!', '~') ? throw new FormatException("") : value);

    /// <summary>What an HTTP header can carry.</summary>
    public static Accepted Key { get; } = new("8 or more printable ASCII characters", value =>
        value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? throw new FormatException("it holds a character that no HTTP header can carry")
        : value.Length < 8 ? throw new FormatException($"it has {value.Length} characters")
        : value);

    public static Accepted Port(string zero) => Whole("a port", 0, 65535, $" (0: {zero})");

    public static Accepted Whole(string unit, long least, long most = long.MaxValue, string remark = "") =>
        new(most >= int.MaxValue ? $"{unit}, {least} or more{remark}" : $"{unit}, {least} to {most}{remark}", value =>
            long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? value : throw new FormatException(""));

    public static Accepted Dollars { get; } = new("US dollars, such as 5 or 0.50 (0: no limit)", value =>
        decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars) && dollars <= 1_000_000 ? value : throw new FormatException(""));

    /// <summary>One of some words, in any case.</summary>
    public static Accepted Word(params string[] words) => new($"{string.Join(", ", words[..^1])} or {words[^1]}", value =>
        words.FirstOrDefault(word => word.Equals(value, StringComparison.OrdinalIgnoreCase)) ?? throw new FormatException(""));

    /// <summary>Regular expressions that can be tried in a time linear in the text.</summary>
    public static Accepted Patterns { get; } = new("regular expressions without look-around and back references, parted by white space", value =>
    {
        foreach (var pattern in value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                Capture.Redaction.Redactor.Compile(pattern);
            }
            catch (Exception error) when (error is ArgumentException or NotSupportedException)
            {
                throw new FormatException($"'{pattern}' is none: {error.Message}");
            }
        }

        return value;
    });

    public static Accepted Age { get; } = new("an age of 30 days or more, such as 90d, 13m or 5y (0: for ever)", value =>
    {
        Operations.Retention.RetentionAge.Parse(value);
        return value;
    });

    public static Accepted Days { get; } = new("an age of a day or more, such as 7d or 2m (0: for ever)", value =>
    {
        Operations.Retention.RetentionAge.Parse(value, 1);
        return value;
    });

    public static Accepted Backups { get; } = new("counts such as 7d,4w,6m", value =>
    {
        Operations.Backups.BackupRetention.Parse(value);
        return value;
    });

    public static bool IsHost(string value) => value == "localhost" || IsAddress(value);

    /// <summary>Stricter than the parser, to which "3000" is 0.0.11.184.</summary>
    private static bool IsAddress(string value) => (value.Contains(':', StringComparison.Ordinal) || value.Count('.') == 3) && IPAddress.TryParse(value, out _);
}

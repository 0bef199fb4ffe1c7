using System.CommandLine;
using System.Globalization;
using Nexus.Web.Access.Limits;

namespace Nexus.Web.Cli;

/// <summary>The options that say what a limit is, for <c>create</c> (the first three are demanded) and <c>change</c> (what is left out stays; <c>none</c> takes away).</summary>
internal sealed class LimitOptionSet(bool change)
{
    private const string None = "none";
    private readonly Option<string> _name = new("--name") { Required = !change, Description = "What it is for." };
    private readonly Option<string> _scope = new("--scope") { Required = !change, Description = "key, owner, domain or all." };
    private readonly Option<string> _subject = new("--subject") { Description = "The key's id, the owner or the domain; * for each one by itself; nothing for all." };
    private readonly Option<string> _amount = new("--amount") { Description = "The budget: US dollars such as 12.50, or tokens, as --unit says." };
    private readonly Option<string> _unit = new("--unit") { Description = "usd (without it) or tokens. Cache reads are no tokens here." };
    private readonly Option<string> _period = new("--period") { Description = "5h, day, week, month (without it) or total." };
    private readonly Option<string> _weekStart = new("--week-start") { Description = "The day a week begins with; monday without it." };
    private readonly Option<string> _zone = new("--time-zone") { Description = "Whose midnights begin days, such as Europe/Berlin; UTC without it." };
    private readonly Option<bool?> _hard = new("--hard") { Description = "Refuse what goes beyond the budget (true), or only alert (false, the default)." };
    private readonly Option<string> _thresholds = new("--thresholds") { Description = "Per cent that alert, such as 80,95." };
    private readonly Option<string> _requests = new("--requests-per-minute") { Description = "A rate." };
    private readonly Option<string> _tokens = new("--tokens-per-minute") { Description = "A rate." };
    private readonly Option<string> _streams = new("--streams") { Description = "Requests in flight at a time." };
    private readonly Option<bool?> _enabled = new("--enabled") { Description = "false: count, but neither alert nor refuse." };

    public Command AddTo(Command command)
    {
        foreach (Option option in new Option[] { _name, _scope, _subject, _amount, _unit, _period, _weekStart, _zone, _hard, _thresholds, _requests, _tokens, _streams, _enabled })
            command.Options.Add(option);
        return command;
    }

    /// <summary>The draft with what is given put on it.</summary>
    /// <exception cref="FormatException">An option is not of its form.</exception>
    public LimitDraft Read(ParseResult parsed, LimitDraft known)
    {
        var unit = parsed.GetValue(_unit) ?? known.Unit;
        return known with
        {
            Name = parsed.GetValue(_name) ?? known.Name,
            Scope = parsed.GetValue(_scope) ?? known.Scope,
            Subject = parsed.GetValue(_subject) ?? (parsed.GetValue(_scope) == "all" ? null : known.Subject),
            Unit = unit,
            Amount = parsed.GetValue(_amount) is { } amount ? Amount(amount, unit, "--amount") : known.Amount,
            Period = parsed.GetValue(_period) ?? known.Period,
            WeekStart = parsed.GetValue(_weekStart) ?? known.WeekStart,
            TimeZone = parsed.GetValue(_zone) ?? known.TimeZone,
            Hard = parsed.GetValue(_hard) ?? known.Hard,
            Thresholds = parsed.GetValue(_thresholds) is { } thresholds ? [.. thresholds.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(text => (int)Number(text, "--thresholds"))] : known.Thresholds,
            RequestsPerMinute = parsed.GetValue(_requests) is { } requests ? (int?)Optional(requests, "--requests-per-minute") : known.RequestsPerMinute,
            TokensPerMinute = parsed.GetValue(_tokens) is { } tokens ? Optional(tokens, "--tokens-per-minute") : known.TokensPerMinute,
            ConcurrentStreams = parsed.GetValue(_streams) is { } streams ? (int?)Optional(streams, "--streams") : known.ConcurrentStreams,
            Enabled = parsed.GetValue(_enabled) ?? known.Enabled,
        };
    }

    /// <summary>Millionths of a dollar, or tokens; null for <c>none</c>.</summary>
    public static long? Amount(string text, string? unit, string option)
    {
        if (text == None || unit == "tokens")
            return Optional(text, option);
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars) && dollars <= LimitDraft.Most / 1_000_000 && dollars * 1_000_000 % 1 == 0
            ? (long)(dollars * 1_000_000)
            : throw new FormatException($"{option}: '{text}' is not an amount of US dollars such as 12.50, with at most six decimals.");
    }

    private static long? Optional(string text, string option) => text == None ? null : Number(text, option);

    private static long Number(string text, string option) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= int.MaxValue * (option is "--amount" or "--by" or "--tokens-per-minute" ? (long)int.MaxValue : 1)
        ? number
        : throw new FormatException($"{option}: '{text}' is not a whole number.");
}

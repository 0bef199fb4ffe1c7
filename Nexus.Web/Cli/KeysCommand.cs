using System.CommandLine;
using Nexus.Web.Access;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Cli;

/// <summary><c>nexus keys create|list|rotate|revoke|generate</c>: managed client keys, also while Nexus runs.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "Keys that clients call this gateway with.") { Make(), List(), Rotate(), Revoke(), Generate() };

    private static Command Make()
    {
        var name = new Option<string>("--name") { Required = true, Description = "The program or machine it is for." };
        var owner = new Option<string>("--owner") { Required = true, Description = "The person or team that uses it." };
        var domain = new Option<string>("--domain") { Required = true, Description = "The host of ANTHROPIC_BASE_URL, such as claude.example.com or localhost:3000." };
        var models = new Option<string>("--models") { Description = "Allowed models, separated by commas; * stands for anything. Without: every model." };
        var expires = new Option<string>("--expires") { Description = "An ISO 8601 time, or a span such as 90d or 12h." };
        var capture = new Option<string>("--capture") { Description = "full, redacted, metadata or off. Without: the domain's." };
        var reason = new Option<string>("--reason") { Description = "Why the key has a capture level of its own." };
        var command = new Command("create", "Makes a key and prints it, once.") { name, owner, domain, models, expires, capture, reason };
        command.SetAction((parsed, cancellation) => RunAsync(async keys =>
        {
            var request = new KeyRequest(parsed.GetValue(name)!, parsed.GetValue(owner)!, parsed.GetValue(domain)!, ModelPatterns.Split(parsed.GetValue(models)),
                parsed.GetValue(capture) is { } level ? CaptureLevels.Parse(level) : null, parsed.GetValue(reason), Moment.ParseOptional(parsed.GetValue(expires), TimeProvider.System.GetUtcNow()));
            var (row, key) = await keys.CreateAsync(request, Actor.CommandLine, cancellation);
            return Shown(key, $"{row.Id}: the key of {row.Owner} for {row.Domain}. It is shown this once.");
        }, cancellation));
        return command;
    }

    private static Command List()
    {
        var domain = new Option<string>("--domain") { Description = "Only this domain's." };
        var all = new Option<bool>("--all") { Description = "Expired and revoked ones too." };
        var command = new Command("list", "Lists keys, one a line, separated by tabs.") { domain, all };
        command.SetAction((parsed, cancellation) => RunAsync(async keys =>
        {
            var lines = await KeyLine.ListAsync(keys, TimeProvider.System.GetUtcNow(), cancellation);
            Console.WriteLine("id\tstate\tname\towner\tdomain\thint\tmodels\tcapture\tcreated\tlast used\texpires");
            foreach (var line in lines.Where(line => (parsed.GetValue(all) || line.Works) && (parsed.GetValue(domain) is not { } only || line.Domain == only)))
                Console.WriteLine(string.Join('\t', line.Id, line.State, line.Name, line.Owner, line.Domain, "…" + line.Hint, line.AllowedModels.Count == 0 ? "all" : string.Join(',', line.AllowedModels), line.Capture ?? "-", Time(line.CreatedAt), Time(line.LastUsedAt), Time(line.ExpiresAt)));
            return 0;
        }, cancellation));
        return command;
    }

    private static Command Rotate()
    {
        var id = new Argument<string>("id") { Description = "The key's id (key_…)." };
        var overlap = new Option<string>("--overlap") { DefaultValueFactory = _ => "24h", Description = "How long the old key goes on working: an ISO 8601 time, or a span such as 2h; 0h ends it at once." };
        var command = new Command("rotate", "Makes the key's successor and prints it, once.") { id, overlap };
        command.SetAction((parsed, cancellation) => RunAsync(async keys =>
        {
            var end = Moment.Parse(parsed.GetValue(overlap)!, TimeProvider.System.GetUtcNow());
            return await keys.RotateAsync(parsed.GetValue(id)!, end, Actor.CommandLine, cancellation) is var (row, key)
                ? Shown(key, $"{row.Id}: it works at once; {row.RotatedFrom} works until {Time(end)}. It is shown this once.")
                : Unknown(parsed.GetValue(id)!);
        }, cancellation));
        return command;
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "The key's id (key_…)." };
        var command = new Command("revoke", "Ends a key at once, on all nodes and for good.") { id };
        command.SetAction((parsed, cancellation) => RunAsync(async keys =>
        {
            if (await keys.RevokeAsync(parsed.GetValue(id)!, Actor.CommandLine, cancellation) is not { } row)
                return Unknown(parsed.GetValue(id)!);
            Console.WriteLine($"{row.Id} of {row.Owner} is revoked.");
            return 0;
        }, cancellation));
        return command;
    }

    private static Command Generate()
    {
        var count = new Option<int>("--count", "-n") { DefaultValueFactory = _ => 1, Description = "How many." };
        var prefix = new Option<string>("--prefix", "-p") { Description = $"What they begin with; {KeySecret.Prefix} without." };
        var test = new Option<bool>("--test") { Description = $"Begin with {KeySecret.TestPrefix}." };
        var command = new Command("generate", "Prints new keys for client_api_key in credential files. Nexus does not remember them.") { count, prefix, test };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(count) is < 1 or > 1000)
                throw new FormatException("--count: from 1 to 1000.");
            for (var i = 0; i < parsed.GetValue(count); i++)
                Console.WriteLine(KeySecret.New(parsed.GetValue(prefix) ?? (parsed.GetValue(test) ? KeySecret.TestPrefix : KeySecret.Prefix)));
        });
        return command;
    }

    private static Task<int> RunAsync(Func<ClientKeys, Task<int>> act, CancellationToken cancellation) =>
        CliDatabase.RunAsync(builder => builder.AddKeys(), (services, _) => act(services.GetRequiredService<ClientKeys>()), cancellation);

    /// <summary>The key alone on standard output, for scripts; what to know about it beside.</summary>
    private static int Shown(string key, string note)
    {
        Console.WriteLine(key);
        Console.Error.WriteLine(note);
        return 0;
    }

    private static int Unknown(string id)
    {
        Console.Error.WriteLine($"There is no key '{id}'. 'nexus keys list --all' shows their ids.");
        return 1;
    }

    private static string Time(DateTimeOffset? at) => at is { } time ? time.UtcDateTime.ToString("yyyy-MM-ddTHH:mmZ", System.Globalization.CultureInfo.InvariantCulture) : "-";
}

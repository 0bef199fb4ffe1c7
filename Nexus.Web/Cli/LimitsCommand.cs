using System.CommandLine;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Keys;
using Nexus.Web.Access.Limits;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Cli;

/// <summary><c>nexus limits list|create|change|raise|delete</c>: budgets and rates, also while Nexus runs. In force within a second, on all nodes.</summary>
internal static class LimitsCommand
{
    public static Command Create() => new("limits", "Budgets and rates.") { List(), Make(), Change(), Raised(), Delete() };

    private static Command List()
    {
        var command = new Command("list", "Lists limits with what is used of them, one subject a line, separated by tabs.");
        command.SetAction((_, cancellation) => RunAsync(async (services, stopping) =>
        {
            var now = TimeProvider.System.GetUtcNow();
            Console.WriteLine("id\tstate\tname\twhom\tused\tbudget\tperiod\tends\trequests/min\ttokens/min\tstreams");
            foreach (var state in await services.GetRequiredService<LimitStates>().ReadAsync(stopping))
                Console.WriteLine(string.Join('\t', Cells(state, now)));
            return 0;
        }, cancellation));
        return command;
    }

    private static Command Make()
    {
        var options = new LimitOptionSet(change: false);
        var command = options.AddTo(new Command("create", "Makes a limit and prints its id."));
        command.SetAction((parsed, cancellation) => RunAsync(async (services, stopping) =>
        {
            var draft = options.Read(parsed, new());
            if (Wrong(draft.Problems()))
                return 1;
            var row = await services.GetRequiredService<LimitEditor>().CreateAsync(draft, Actor.CommandLine, stopping);
            Console.WriteLine(row.Id);
            Console.Error.WriteLine($"{Described(row)} It is in force within a second, on all nodes.");
            return 0;
        }, cancellation));
        return command;
    }

    private static Command Change()
    {
        var id = Id();
        var options = new LimitOptionSet(change: true);
        var command = options.AddTo(new Command("change", "Changes what is given of a limit; none takes a rate or a budget away.") { id });
        command.SetAction((parsed, cancellation) => RunAsync(async (services, stopping) =>
        {
            var key = parsed.GetValue(id)!;
            await using var db = await services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync(stopping);
            if (await db.Limits.AsNoTracking().FirstOrDefaultAsync(limit => limit.Id == key, stopping) is not { } known)
                return Unknown(key);
            var draft = options.Read(parsed, LimitEditor.Draft(known));
            if (Wrong(draft.Problems()))
                return 1;
            return await services.GetRequiredService<LimitEditor>().ChangeAsync(key, draft, Actor.CommandLine, stopping) is { } row ? Said(Described(row)) : Unknown(key);
        }, cancellation));
        return command;
    }

    private static Command Raised()
    {
        var id = Id();
        var by = new Option<string>("--by") { Required = true, Description = "What is added: US dollars or tokens, as the limit has it; 0 ends a raise." };
        var until = new Option<string>("--until") { Description = "When the budget is the old one again: an ISO 8601 time, or a span such as 2d." };
        var reason = new Option<string>("--reason") { Description = "Why; it is in the audit log." };
        var command = new Command("raise", "Raises a budget for a while.") { id, by, until, reason };
        command.SetAction((parsed, cancellation) => RunAsync(async (services, stopping) =>
        {
            var (key, now) = (parsed.GetValue(id)!, TimeProvider.System.GetUtcNow());
            await using var db = await services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync(stopping);
            if (await db.Limits.AsNoTracking().FirstOrDefaultAsync(limit => limit.Id == key, stopping) is not { } known)
                return Unknown(key);
            var raise = new Raise(LimitOptionSet.Amount(parsed.GetValue(by)!, known.Unit, "--by") ?? 0, Moment.ParseOptional(parsed.GetValue(until), now), parsed.GetValue(reason));
            if (Wrong(raise.Problems(now)))
                return 1;
            return await services.GetRequiredService<LimitEditor>().RaiseAsync(key, raise, Actor.CommandLine, stopping) is { } row ? Said(Described(row)) : Unknown(key);
        }, cancellation));
        return command;
    }

    private static Command Delete()
    {
        var id = Id();
        var command = new Command("delete", "Deletes a limit with its counters and its history.") { id };
        command.SetAction((parsed, cancellation) => RunAsync(async (services, stopping) =>
            await services.GetRequiredService<LimitEditor>().DeleteAsync(parsed.GetValue(id)!, Actor.CommandLine, stopping) is { } row ? Said($"{row.Id} ('{row.Name}') is deleted.") : Unknown(parsed.GetValue(id)!), cancellation));
        return command;
    }

    private static Argument<string> Id() => new("id") { Description = "The limit's id (lim_…)." };

    private static Task<int> RunAsync(Func<IServiceProvider, CancellationToken, Task<int>> act, CancellationToken cancellation) =>
        CliDatabase.RunAsync(builder => builder.AddLimitEditing(), act, cancellation);

    private static IEnumerable<string> Cells(LimitState state, DateTimeOffset now)
    {
        var limit = state.Limit;
        return
        [
            limit.Id, limit.Enabled ? limit.Hard ? "hard" : "soft" : "off", limit.Name, Refusals.Whom(limit, state.Subject), state.Used is { } used ? Refusals.Amount(limit, used) : "-",
            limit.Amount is null ? "-" : Refusals.Amount(limit, state.Budget(now)), limit.Amount is null ? "-" : limit.Period, state.Period is { } period && period.End < Period.Never ? Time(period.End) : "-",
            Number(limit.RequestsPerMinute), Number(limit.TokensPerMinute), Number(limit.ConcurrentStreams),
        ];
    }

    private static string Described(LimitRow limit)
    {
        var budget = limit.Amount is { } amount ? $"{Refusals.Amount(limit, amount)} {Refusals.Per(limit)}{(limit.RaisedUntil is { } until && limit.RaiseAmount is { } raise ? $", and {Refusals.Amount(limit, raise)} more until {Time(until)}" : "")}" : "no budget";
        return $"{limit.Id}: '{limit.Name}' for {Refusals.Whom(limit, limit.Subject)}: {budget}.";
    }

    private static bool Wrong(IEnumerable<string> problems)
    {
        var wrong = false;
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
            wrong = true;
        }

        return wrong;
    }

    private static int Said(string text)
    {
        Console.WriteLine(text);
        return 0;
    }

    private static int Unknown(string id)
    {
        Console.Error.WriteLine($"There is no limit '{id}'. 'nexus limits list' shows their ids.");
        return 1;
    }

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture);
}

namespace Nexus.Web.Operations.Alerts;

/// <summary>What a source sees of one thing that a rule watches.</summary>
/// <param name="Subject">An account, a job, a node, a part of a node (<c>node/check</c>); empty where there is only one.</param>
/// <param name="Says">One line for people.</param>
/// <param name="Href">Where on the dashboard it can be looked into.</param>
internal sealed record Reading(string Rule, string Subject, double Value, string Says, string? Href = null)
{
    /// <summary>The node that a node's subject is about.</summary>
    public static string NodeOf(string subject) => subject.Split('/', 2)[0];
}

/// <summary>
/// Where readings come from. A source that fails says nothing: alerts of its rules stay as they are, neither raised nor resolved.
/// What it does not name any more is over.
/// </summary>
/// <param name="Rules">All rules that it answers for.</param>
/// <param name="OfNode">It sees this node alone, and is asked on each, also while the database is away.</param>
internal sealed record AlertSource(IReadOnlyList<string> Rules, bool OfNode, Func<CancellationToken, Task<IReadOnlyList<Reading>>> ReadAsync)
{
    /// <summary>Asks no more often than this; between, what it said last is taken, and a failure stays one: asking again may cost as much. For what moves slowly and costs something.</summary>
    public AlertSource AtMostEvery(TimeSpan pause, TimeProvider time)
    {
        DateTimeOffset? asked = null;
        Exception? failed = null;
        IReadOnlyList<Reading> said = [];
        return this with
        {
            ReadAsync = async cancellation =>
            {
                var now = time.GetUtcNow();
                if (asked is null || now - asked >= pause || now < asked)
                {
                    (asked, failed) = (now, null);
                    try
                    {
                        said = await ReadAsync(cancellation);
                    }
                    catch (Exception error)
                    {
                        failed = error;
                        throw;
                    }
                }

                return failed is null ? said : throw new InvalidOperationException(failed.Message, failed);
            },
        };
    }

    /// <summary>Of what lies in memory.</summary>
    public static AlertSource Memory(string rule, Func<Reading?> read) => new([rule], true, _ => Task.FromResult<IReadOnlyList<Reading>>(read() is { } reading ? [reading] : []));
}

/// <summary>What the sources said at one look.</summary>
/// <param name="Everywhere">Rules whose alerts of every subject were looked at.</param>
/// <param name="Here">Rules of which only this node's alerts were.</param>
internal sealed record Readings(IReadOnlyList<Reading> All, IReadOnlySet<string> Everywhere, IReadOnlySet<string> Here);

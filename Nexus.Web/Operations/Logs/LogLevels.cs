using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Nexus.Web.Operations.Logs;

/// <param name="Category">Whose lines; empty: of all that have no level of their own.</param>
/// <param name="Until">Null: until the restart.</param>
internal sealed record LevelChange(string Category, LogLevel Level, DateTimeOffset? Until, string By);

/// <summary>
/// Levels that somebody changed while this node runs: in force at once, over those of the configuration, until their time is over
/// or the node is started anew.
/// </summary>
internal sealed class LogLevels(TimeProvider time) : IPostConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    /// <summary>Changes at a time.</summary>
    public const int Most = 50;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (LevelChange Change, ITimer? End)> _changes = new(StringComparer.OrdinalIgnoreCase);
    private CancellationTokenSource _changed = new();

    public string Name => Options.DefaultName;

    public IReadOnlyList<LevelChange> Current
    {
        get
        {
            lock (_gate)
                return [.. _changes.Values.Select(one => one.Change).OrderBy(change => change.Category, StringComparer.Ordinal)];
        }
    }

    /// <exception cref="FormatException">There are too many, or the category cannot be one.</exception>
    public void Set(LevelChange change)
    {
        if (change.Category.Length > 200 || change.Category.Any(character => !char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '+' or '`')))
            throw new FormatException("A category is a name such as Nexus.Web.Proxy or Npgsql.");
        lock (_gate)
        {
            if (_changes.Count >= Most && !_changes.ContainsKey(change.Category))
                throw new FormatException($"{Most} levels are changed already. Take one back first.");
            Forget(change.Category);
            var end = change.Until is { } until ? time.CreateTimer(_ => Remove(change), null, until > time.GetUtcNow() ? until - time.GetUtcNow() : TimeSpan.Zero, Timeout.InfiniteTimeSpan) : null;
            _changes[change.Category] = (change, end);
        }

        Tell();
    }

    /// <returns>Whether there was one.</returns>
    public bool Reset(string category)
    {
        bool there;
        lock (_gate)
            there = Forget(category);
        if (there)
            Tell();
        return there;
    }

    public IChangeToken GetChangeToken()
    {
        lock (_gate)
            return new CancellationChangeToken(_changed.Token);
    }

    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        foreach (var change in Current)
        {
            var category = change.Category.Length == 0 ? null : change.Category;
            // Of rules for the same category the last one counts. What a job's page shows has rules of its own.
            options.Rules.Add(new LoggerFilterRule(null, category, change.Level, null));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (_, end) in _changes.Values)
                end?.Dispose();
            _changes.Clear();
            _changed.Dispose();
        }
    }

    private void Remove(LevelChange change)
    {
        lock (_gate)
        {
            if (!_changes.TryGetValue(change.Category, out var current) || current.Change != change)
                return;
            Forget(change.Category);
        }

        Tell();
    }

    private bool Forget(string category)
    {
        if (!_changes.Remove(category, out var old))
            return false;
        old.End?.Dispose();
        return true;
    }

    private void Tell()
    {
        CancellationTokenSource old;
        lock (_gate)
        {
            old = _changed;
            _changed = new();
        }

        // Loggers ask for the levels anew before this returns.
        old.Cancel();
        old.Dispose();
    }
}

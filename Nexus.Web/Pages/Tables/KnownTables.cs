using Nexus.Web.Pages.Shared.Tables;

namespace Nexus.Web.Pages.Tables;

/// <summary>The tables that people arrange, with their columns in order. The cells of each are in its component, in the same order.</summary>
internal static class KnownTables
{
    public static TableDefinition Requests { get; } = new("requests", "/dashboard/requests",
        new TableColumn("time", "Time", Fixed: true, Sorts: true) { Natural = true },
        new("outcome", "Outcome"),
        new("model", "Model"),
        new("domain", "Domain"),
        new("person", "Person", Shown: false, Hint: "The owner of the key, else the key"),
        new("account", "Account", Shown: false),
        new("client", "Client"),
        new("input", "Input", Number: true, Sorts: true, Hint: "Tokens that were neither read from the cache nor written to it"),
        new("cached", "Cached", Number: true, Hint: "Tokens read from the cache"),
        new("written", "Written", Shown: false, Number: true, Hint: "Tokens written to the cache"),
        new("output", "Output", Number: true, Sorts: true),
        new("cost", "Cost", Number: true, Sorts: true),
        new("first", "First byte", Number: true, Sorts: true),
        new("token", "First token", Shown: false, Number: true),
        new("total", "Total", Number: true, Sorts: true),
        new("messages", "Messages", Shown: false, Number: true),
        new("tools", "Tools", Shown: false, Number: true, Hint: "Tool calls in the answer"),
        new("stop", "Stopped", Shown: false, Hint: "Stop reason"),
        new("sent", "Sent", Shown: false, Number: true, Hint: "Bytes of the request"),
        new("received", "Received", Shown: false, Number: true, Hint: "Bytes of the answer"),
        new("id", "Id", Shown: false));

    public static TableDefinition Conversations { get; } = new("conversations", "/dashboard/conversations",
        new("title", "Conversation", Fixed: true),
        new TableColumn("active", "Last active", Sorts: true) { Natural = true, Reverses = false },
        new("person", "Person"),
        new("domain", "Domain"),
        new("branches", "Branches"),
        new("turns", "Turns", Number: true, Sorts: true),
        new("requests", "Requests", Shown: false, Number: true, Sorts: true),
        new("errors", "Errors", Shown: false, Number: true, Sorts: true),
        new("tokens", "Tokens", Number: true, Sorts: true),
        new("cost", "Cost", Number: true, Sorts: true),
        new("context", "Context"));

    public static TableDefinition Keys { get; } = new("keys", "/dashboard/keys",
        new TableColumn("name", "Name", Fixed: true, Sorts: true) { FromTheTop = false },
        new TableColumn("owner", "Owner", Sorts: true) { FromTheTop = false },
        new TableColumn("domain", "Domain", Sorts: true) { FromTheTop = false },
        new("key", "Key"),
        new("models", "Models"),
        new("kept", "Kept"),
        new("used", "Last used", Sorts: true),
        new("expires", "Expires", Sorts: true),
        new TableColumn("made", "Made", Sorts: true) { Natural = true },
        new("by", "Made by", Shown: false),
        new TableColumn("state", "State", Sorts: true) { FromTheTop = false });

    public static TableDefinition Logs { get; } = new("logs", "/dashboard/logs", new("time", "Time", Fixed: true), new("level", "Level"), new("category", "Category"), new("line", "Line", Fixed: true));

    public static TableDefinition Audit { get; } = new("audit", "/dashboard/audit",
        new TableColumn("time", "Time", Fixed: true, Sorts: true) { Natural = true }, new("who", "Who"), new("address", "From", Shown: false), new("action", "Action", Fixed: true), new("what", "What"), new("changed", "Changed"));

    public static TableDefinition Jobs { get; } = new("jobs", "/dashboard/jobs",
        new("job", "Job", Fixed: true), new("last", "Last run"), new("took", "Took", Number: true), new("trend", "Trend"), new("next", "Next run"), new("schedule", "Schedule", Hint: "Cron expressions are in UTC"));

    public static TableDefinition Domains { get; } = new("domains", "/dashboard/domains",
        new("domain", "Domain", Fixed: true), new("requests", "Requests, 30 days", Number: true), new("last", "Last request"), new("pays", "Who pays"), new("keys", "Keys", Number: true), new("kept", "What is kept"));

    /// <summary>Its own order is by the measure that the page shows: see <see cref="UsageOrder"/>.</summary>
    public static TableDefinition Usage { get; } = new("usage", "/dashboard/usage",
        new TableColumn("name", "Name", Fixed: true, Sorts: true) { FromTheTop = false },
        new("requests", "Requests", Number: true, Sorts: true),
        new("errors", "Errors", Number: true, Sorts: true),
        new("tokens", "Tokens", Shown: false, Number: true, Sorts: true, Hint: "All of them: input, cache and output"),
        new("input", "Input", Number: true, Sorts: true, Hint: "Tokens that were neither read from the cache nor written to it"),
        new("read", "Cache read", Number: true, Sorts: true),
        new("written", "Cache write", Number: true, Sorts: true),
        new("output", "Output", Number: true, Sorts: true),
        new("hit", "Hit rate", Number: true, Sorts: true, Hint: "Tokens read from the cache, of all prompt tokens"),
        new("cost", "Spend", Number: true, Sorts: true),
        new("share", "Share", Number: true, Sorts: true, Hint: "Of all spend"),
        new("change", "Change", Number: true, Sorts: true, Hint: "Of spend, against the time before"));

    public static TableDefinition Misses { get; } = new("misses", "/dashboard/cache",
        new("time", "Time", Fixed: true), new("who", "Who"), new("model", "Model"), new("cause", "Cause"), new("after", "After", Number: true, Hint: "Between the turn and the one before it"),
        new("missed", "Missed", Number: true, Hint: "Tokens that were not read from the cache"), new("wasted", "Wasted", Number: true), new("turns", "Turns"));

    public static TableDefinition Sessions { get; } = new("sessions", "/dashboard/sessions",
        new TableColumn("who", "Who", Fixed: true, Sorts: true) { FromTheTop = false },
        new TableColumn("with", "Signed in with", Sorts: true) { FromTheTop = false },
        new TableColumn("role", "Role", Sorts: true) { FromTheTop = false },
        new TableColumn("from", "From", Sorts: true) { FromTheTop = false },
        new("since", "Since", Sorts: true),
        new("seen", "Last seen", Sorts: true));

    public static TableDefinition Backups { get; } = new("backups", "/dashboard/backups",
        new TableColumn("file", "File", Fixed: true, Sorts: true) { FromTheTop = false },
        new("made", "Made", Sorts: true),
        new("size", "Size", Number: true, Sorts: true),
        new("rows", "Rows", Number: true, Sorts: true, Hint: "Of the database; of credentials: files"),
        new("verified", "Verified", Sorts: true));

    public static TableDefinition Budgets { get; } = new("budgets", "/dashboard/budgets",
        new TableColumn("limit", "Limit", Fixed: true, Sorts: true) { FromTheTop = false },
        new TableColumn("whose", "Whose", Sorts: true) { FromTheTop = false },
        new("used", "Used", Sorts: true, Hint: "Sorted by the share of the budget"),
        new("pace", "At this pace", Sorts: true, Hint: "Sorted by the share of the budget at the period's end"),
        new TableColumn("resets", "Resets", Sorts: true) { FromTheTop = false },
        new TableColumn("state", "State", Sorts: true) { FromTheTop = false });

    /// <summary>Those that fire, critical ones first; what has ended comes in pages, by time alone.</summary>
    public static TableDefinition Alerts { get; } = new("alerts", "/dashboard/alerts",
        new TableColumn("alert", "Alert", Fixed: true, Sorts: true) { FromTheTop = false },
        new("what", "What"),
        new("since", "Since", Sorts: true),
        new TableColumn("state", "State", Sorts: true) { FromTheTop = false });

    public static TableDefinition Reports { get; } = new("reports", "/dashboard/reports",
        new("report", "Report", Fixed: true), new("says", "What it says"), new("made", "Made"), new("files", "Download"));

    public static IReadOnlyList<TableDefinition> All { get; } = [Requests, Conversations, Keys, Logs, Audit, Jobs, Domains, Usage, Misses, Sessions, Backups, Budgets, Alerts, Reports];

    public static TableDefinition? Find(string page) => All.FirstOrDefault(table => table.Page == page);
}

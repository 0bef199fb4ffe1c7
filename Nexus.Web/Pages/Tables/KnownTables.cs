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

    public static IReadOnlyList<TableDefinition> All { get; } = [Requests, Conversations, Keys, Logs, Audit, Jobs, Domains];

    public static TableDefinition? Find(string page) => All.FirstOrDefault(table => table.Page == page);
}

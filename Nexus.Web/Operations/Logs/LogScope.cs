namespace Nexus.Web.Operations.Logs;

/// <summary>What the lines of one request have in common. Follows the request's own flow, over awaits and into the SQL it runs.</summary>
/// <param name="Service">proxy or dashboard.</param>
internal sealed record LogScope(string Service, Guid? RequestId)
{
    public const string Proxy = "proxy";
    public const string Dashboard = "dashboard";
    private static readonly AsyncLocal<LogScope?> Flow = new();

    public static LogScope? Current
    {
        get => Flow.Value;
        set => Flow.Value = value;
    }
}

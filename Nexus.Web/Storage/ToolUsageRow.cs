namespace Nexus.Web.Storage;

/// <summary>Tool calls by tool (table <c>usage_tools_15m</c>). Dimensions are never null.</summary>
internal sealed class ToolUsageRow
{
    public required DateTimeOffset Bucket { get; set; }
    public required string Domain { get; set; }
    public required string KeyId { get; set; }
    public required string Owner { get; set; }

    /// <summary><c>tool_use.name</c>, at most 128 characters.</summary>
    public required string Tool { get; set; }

    public long Calls { get; set; }
}

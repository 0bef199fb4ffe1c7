namespace Nexus.Web.Pages.Shared.Reports;

/// <summary>A report as the list shows it.</summary>
public sealed record ReportLine(Guid Id, string Kind, string Title, string Summary, DateTimeOffset FromAt, DateTimeOffset ToAt, DateTimeOffset MadeAt);

using System.Globalization;
using System.Net;
using CsvHelper;
using CsvHelper.Configuration;
using Nexus.Web.Operations.Reports;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared.Reports;

namespace Nexus.Web.Pages.Reports;

/// <summary>A report to take away.</summary>
internal sealed class ReportFiles(FragmentRenderer renderer)
{
    private const string Style = """
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1a1a1a; background: #fff }
        table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #ddd } .number { text-align: right }
        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem } .tile { border: 1px solid #ddd; border-radius: .5rem; padding: .75rem; margin: 0 } dd { margin: 0; font-size: 1.2rem } dd.note, .small { font-size: .85rem; color: #666 }
        .delta { font-size: .8rem; color: #666 } .delta.bad { color: #a11 } .delta.good { color: #070 }
        """;

    /// <summary>One file that needs nothing else.</summary>
    /// <param name="dashboard">What its links begin with.</param>
    public async Task<string> HtmlAsync(ReportLine report, ReportContent content, string dashboard)
    {
        var body = await renderer.RenderAsync(Fragment.Of<ReportView>(("Report", report), ("Content", content), ("Base", dashboard.TrimEnd('/'))));
        var title = WebUtility.HtmlEncode(report.Title);
        return $"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>{Style}</style></head><body><h1>{title}</h1>{body}</body></html>""";
    }

    /// <summary>One line per value: of what, which, what is measured, its unit, the value now and in the period before, and whether these are partly estimates.</summary>
    public static string Csv(ReportContent content)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using var csv = new CsvWriter(text, new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\r\n", InjectionOptions = InjectionOptions.Escape });
        Line(csv, "table", "row", "measure", "unit", "value", "before", "estimated", "before_estimated");
        foreach (var figure in content.Figures)
            Line(csv, "Figures", figure.Name, figure.Name, figure.Unit, Number(figure.Now), Number(figure.Before), Flag(figure.Estimated), Flag(figure.WasEstimated));
        foreach (var table in content.Tables)
            foreach (var row in table.Rows)
                foreach (var (column, cell) in table.Columns.Zip(row.Cells))
                    Line(csv, table.Title, row.Name, column.Name, column.Unit, Number(cell.Now), Number(cell.Before), Flag(cell.Estimated), Flag(cell.WasEstimated));
        csv.Flush();
        return text.ToString();
    }

    private static void Line(CsvWriter csv, params string[] fields)
    {
        foreach (var field in fields)
            csv.WriteField(field);
        csv.NextRecord();
    }

    private static string Flag(bool estimated) => estimated ? "true" : "false";

    private static string Number(double? value) => value?.ToString("0.######", CultureInfo.InvariantCulture) ?? "";
}

using System.Net;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Nexus.Web.Pages.Shared;

/// <summary>Markdown of a conversation as HTML: its own HTML is shown as text, and nothing is fetched from elsewhere.</summary>
internal static class Markdown
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseAutoLinks().Use<ColouredCode>().Build();

    public static string ToHtml(string text)
    {
        try
        {
            var document = Markdig.Markdown.Parse(text, Pipeline);
            foreach (var link in document.Descendants<LinkInline>())
            {
                // An image would tell its host who reads the conversation: it becomes a link.
                link.IsImage = false;
                if (link.Url is { } url && !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith('#'))
                    link.Url = "";
            }

            foreach (var heading in document.Descendants<HeadingBlock>())
                heading.Level = Math.Min(6, heading.Level + 3); // below the page's own headings
            return document.ToHtml(Pipeline);
        }
        catch (ArgumentException)
        {
            // Nested too deeply for Markdig: shown as it stands.
            return $"<pre>{WebUtility.HtmlEncode(text)}</pre>";
        }
    }
}

using System.Net;
using Markdig;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;

namespace Nexus.Web.Pages.Shared;

/// <summary>Markdown's fenced blocks in a language that is known, in colours.</summary>
internal sealed class ColouredCode : CodeBlockRenderer, IMarkdownExtension
{
    public void Setup(MarkdownPipelineBuilder pipeline)
    {
    }

    public void Setup(MarkdownPipeline pipeline, IMarkdownRenderer renderer) => renderer.ObjectRenderers.ReplaceOrAdd<CodeBlockRenderer>(this);

    protected override void Write(HtmlRenderer renderer, CodeBlock obj)
    {
        if (obj is FencedCodeBlock { Info: { Length: > 0 } language } && CodeColors.Of(language, obj.Lines.ToString()) is { } html)
            renderer.EnsureLine().Write("<pre><code class=\"language-").Write(WebUtility.HtmlEncode(language)).Write("\">").Write(html).WriteLine("</code></pre>");
        else
            base.Write(renderer, obj);
    }
}

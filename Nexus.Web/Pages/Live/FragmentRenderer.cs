using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Nexus.Web.Pages.Live;

/// <summary>Renders a component to text, for what is pushed rather than answered.</summary>
internal sealed class FragmentRenderer(IServiceProvider services, ILoggerFactory loggers)
{
    public async Task<string> RenderAsync(Fragment fragment)
    {
        // One for each: a renderer keeps every component that it has rendered.
        await using var renderer = new HtmlRenderer(services, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync(fragment.Component, ParameterView.FromDictionary(fragment.Parameters))).ToHtmlString());
    }
}

using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Nexus.Web.Pages.Live;

/// <summary>Renders a component to text, for what is pushed rather than answered.</summary>
internal sealed class FragmentRenderer(IServiceScopeFactory scopes, ILoggerFactory loggers)
{
    public async Task<string> RenderAsync(Fragment fragment)
    {
        // One for each: a renderer keeps every component that it has rendered, and what it resolves is scoped.
        await using var scope = scopes.CreateAsyncScope();
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync(fragment.Component, ParameterView.FromDictionary(fragment.Parameters))).ToHtmlString());
    }
}

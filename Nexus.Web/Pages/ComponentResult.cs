using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Nexus.Web.Pages;

/// <summary>A static Razor component as the answer of a page handler: the fragment that htmx asked for.</summary>
internal sealed class ComponentResult(Fragment fragment) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) => new RazorComponentResult(fragment.Component, fragment.Parameters).ExecuteAsync(context.HttpContext);
}

/// <summary>A component with its parameters: what a page shows, whole or as the answer to htmx.</summary>
internal sealed record Fragment(Type Component, Dictionary<string, object?> Parameters)
{
    public static Fragment Of<T>(params (string Name, object? Value)[] parameters)
        where T : IComponent => new(typeof(T), parameters.ToDictionary(pair => pair.Name, pair => pair.Value));
}

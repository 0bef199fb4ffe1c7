using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Nexus.Web.Conformance;

/// <summary>One check on the upstream's side: what arrived, and how fast the client got what was answered.</summary>
internal sealed class Scene(Reply reply) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _received = new(0);

    public ConcurrentQueue<Arrived> Arrived { get; } = new();

    /// <summary>Completes when the caller left before its answer was over.</summary>
    public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int? HeldBack { get; private set; }

    /// <summary>The client has one more whole piece.</summary>
    public void PieceReceived() => _received.Release();

    public void Dispose() => _received.Dispose();

    public async Task AnswerAsync(HttpContext context)
    {
        if (reply.Ending == Ending.CutBeforeHeaders)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = reply.Status;
        foreach (var (name, value) in reply.Headers)
            context.Response.Headers.Append(name, value);
        context.Response.ContentLength = reply.Length;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        for (var i = 0; i < reply.Pieces.Length; i++)
        {
            await context.Response.Body.WriteAsync(reply.Pieces[i], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (reply.Paced && HeldBack is null && !await _received.WaitAsync(Patience, context.RequestAborted))
                HeldBack = i + 1;
        }

        if (reply.Ending == Ending.Cut)
            context.Abort();
    }
}

/// <summary>A Claude API on a loopback port of its own that plays one <see cref="Scene"/> at a time.</summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile Scene? _scene;

    private ScriptedUpstream(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    public static async Task<ScriptedUpstream> StartAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        var upstream = new ScriptedUpstream(app);
        app.Run(upstream.HandleAsync);
        await app.StartAsync(cancellation);
        return upstream;
    }

    public void Play(Scene scene) => _scene = scene;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (_scene is not { } scene)
            return;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        scene.Arrived.Enqueue(new(context.Request.Method, target, [.. context.Request.Headers.SelectMany(header => header.Value.Select(value => (header.Key, value ?? "")))], body.ToArray()));
        using var left = context.RequestAborted.Register(() => scene.Left.TrySetResult());
        try
        {
            await scene.AnswerAsync(context);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
            scene.Left.TrySetResult();
        }
    }
}

using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Nexus.Bench.Upstream;

/// <summary>Takes what OpenTelemetry sends by HTTP, and only counts its bytes.</summary>
internal sealed class OtlpSink : IAsyncDisposable
{
    private readonly WebApplication _app;
    private long _bytes;

    private OtlpSink(WebApplication app) => _app = app;

    public string Url => SimulatedAnthropic.AddressOf(_app);

    public long Bytes => Interlocked.Read(ref _bytes);

    public static async Task<OtlpSink> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1));
        var sink = new OtlpSink(builder.Build());
        sink._app.Run(sink.TakeAsync);
        await sink._app.StartAsync();
        return sink;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var buffer = new byte[64 * 1024];
        for (var read = 1; read > 0;)
            Interlocked.Add(ref _bytes, read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted));
        context.Response.ContentType = "application/x-protobuf";
    }
}

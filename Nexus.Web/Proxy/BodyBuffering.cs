using Microsoft.Extensions.Options;

namespace Nexus.Web.Proxy;

/// <summary>Reads the body of a messages or count_tokens request once. Every other path is streamed through, uncapped.</summary>
internal sealed class BodyBuffering(IOptions<ProxyOptions> options)
{
    private const int FirstBuffer = 16 * 1024;

    /// <summary>What an announced length takes before its bytes arrive: slow callers must not use up the budget with promises.</summary>
    private const int MostPromised = 1 << 20;
    private readonly RequestMemory _memory = new(options.Value.RequestMemoryBytes);

    public static bool Applies(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Path.Value is "/v1/messages" or "/v1/messages/count_tokens";

    /// <summary>Puts the body into <paramref name="proxied"/>, or returns why it cannot be taken.</summary>
    public async Task<Refusal?> ReadAsync(HttpContext context, ProxiedRequest proxied)
    {
        var most = options.Value.MaxRequestBytes;
        var announced = context.Request.ContentLength;
        if (announced > most)
            return TooLarge(most);
        var bytes = _memory.TryRent((int)Math.Clamp(announced ?? FirstBuffer, 1, MostPromised));
        var length = 0;
        try
        {
            while (bytes is not null)
            {
                if (length == bytes.Length && length != announced)
                {
                    bytes = Grow(bytes, length, announced ?? most + 1);
                    continue;
                }

                var read = length == announced ? 0 : await context.Request.Body.ReadAsync(bytes.AsMemory(length), context.RequestAborted);
                if (read == 0)
                {
                    proxied.Body = new PooledBody(bytes, length, _memory);
                    bytes = null;
                    // A view of the same bytes: it can be rewound, and it is not copied.
                    context.Request.Body = new MemoryStream(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(proxied.Body.Bytes, out var segment) ? segment.Array! : [], 0, length, writable: false);
                    return null;
                }

                length += read;
                if (length > most)
                    return TooLarge(most);
            }

            return Refusal.Overloaded("The gateway holds as many request bodies as it may (Proxy:RequestMemoryBytes). Try again in a moment.");
        }
        finally
        {
            if (bytes is not null)
                _memory.Return(bytes);
        }
    }

    private byte[]? Grow(byte[] bytes, int length, long most)
    {
        var larger = _memory.TryRent((int)Math.Max(length + 1, Math.Min(length * 2L, most)));
        if (larger is not null)
            bytes.AsSpan(0, length).CopyTo(larger);
        _memory.Return(bytes);
        return larger;
    }

    private static Refusal TooLarge(long most) =>
        new(StatusCodes.Status413PayloadTooLarge, "request_too_large", $"The request body is larger than {most} bytes (MAX_REQUEST_SIZE).");
}

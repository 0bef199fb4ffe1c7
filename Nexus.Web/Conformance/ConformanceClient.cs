namespace Nexus.Web.Conformance;

/// <summary>A client that follows, decodes and adds nothing, and notices how an answer ends.</summary>
internal sealed class ConformanceClient(Uri gateway, HttpMessageHandler handler) : IDisposable
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(20);

    private readonly HttpClient _client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };

    public async Task<Answer> SendAsync(Ask ask, Reply reply, string host, string key, Action pieceReceived, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Most);
        try
        {
            using var request = Request(ask, host, key);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).SelectMany(header => header.Value.Select(value => (header.Key, value))).ToList();
            var (body, whole) = await ReadAsync(response, ask, reply, pieceReceived, limit.Token);
            return new((int)response.StatusCode, headers, body, whole);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || error is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return new(null, [], [], false);
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Request(Ask ask, string host, string key)
    {
        var target = new Uri(gateway.GetLeftPart(UriPartial.Authority) + ask.Target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(ask.Method), target) { Version = System.Net.HttpVersion.Version11 };
        request.Headers.Host = host;
        if (ask.Body.Length > 0)
            request.Content = new ByteArrayContent(ask.Body);
        foreach (var (name, value) in ask.Headers)
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        if (ask.Shown is Shown.Bearer or Shown.Both or Shown.WrongKey)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + (ask.Shown == Shown.WrongKey ? key[..^4] + "none" : key));
        if (ask.Shown is Shown.ApiKey or Shown.Both)
            request.Headers.TryAddWithoutValidation("x-api-key", key);
        return request;
    }

    /// <summary>Reads to the end, however it comes, and tells of each piece that is there.</summary>
    private static async Task<(byte[] Body, bool Whole)> ReadAsync(HttpResponseMessage response, Ask ask, Reply reply, Action pieceReceived, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        var (piece, due) = (0, reply.Pieces.Length > 0 ? reply.Pieces[0].Length : long.MaxValue);
        var buffer = new byte[64 * 1024];
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            for (int read; (read = await stream.ReadAsync(buffer, cancellation)) > 0;)
            {
                body.Write(buffer, 0, read);
                if (ask.LeavesEarly)
                    return (body.ToArray(), false);
                while (body.Length >= due)
                {
                    pieceReceived();
                    due = ++piece < reply.Pieces.Length ? due + reply.Pieces[piece].Length : long.MaxValue;
                }
            }

            return (body.ToArray(), true);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            return (body.ToArray(), false);
        }
    }
}

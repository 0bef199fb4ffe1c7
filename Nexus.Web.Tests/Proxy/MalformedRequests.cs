using System.Globalization;
using System.Text;

namespace Nexus.Web.Tests.Proxy;

/// <summary>Requests with one thing wrong with them, by kind and chance.</summary>
internal static class MalformedRequests
{
    private static readonly string[] Hosts = ["../../etc/passwd", "..%2f..%2fetc", "a/../b", "a\\..\\b", ".", "..", "a..b", "[::1", "[zz]", ":", ":80", "-", "_", "a b", "xn--", "%00", "a@b", "127.0.0.1:99999", "one.example:", "\u00e9.example"];
    private static readonly string[] Encodings = ["gzip", "br", "zstd", "deflate", "gzip, br", "identity", "nonsense", "\u00ff"];
    private static readonly string[] WrongTypes =
    [
        "[]", "null", "1e999", "\"x\"", "{\"model\":[]}", "{\"model\":{\"a\":1},\"messages\":\"x\"}", "{\"messages\":{\"0\":1}}", "{\"messages\":[1,null,\"x\",[[]],{\"role\":7,\"content\":{}}]}",
        "{\"system\":[null,1],\"tools\":{},\"metadata\":[],\"stream\":\"yes\"}", "{\"model\":\"a\",\"model\":\"b\",\"messages\":[],\"messages\":[1]}", "{\"metadata\":{\"user_id\":\"{\\\"session_id\\\":[]}\"}}",
        "{\"model\":\"\\ud800\",\"messages\":[{\"role\":\"user\",\"content\":\"\\u0000\\udfff\"}]}", "{\"stop_sequences\":[{},1],\"output_config\":[1]}", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"},{\"text\":5},7]}]}",
    ];

    public static byte[] Make(Random random, int kind) => (kind % 10) switch
    {
        0 => Post(random, Bytes(random, random.Next(1, 5000))),
        1 => Post(random, Nested(random)),
        2 => Post(random, Encoding.UTF8.GetBytes(WrongTypes[random.Next(WrongTypes.Length)])),
        3 => Post(random, Torn(random)),
        4 => Post(random, Bytes(random, random.Next(1, 3000)), headers: $"Content-Encoding: {Encodings[random.Next(Encodings.Length)]}\r\n"),
        5 => Post(random, "{}"u8.ToArray(), host: Hosts[random.Next(Hosts.Length)]),
        6 => Post(random, "{}"u8.ToArray(), headers: $"X-{(char)random.Next('a', 'z')}: {Encoding.Latin1.GetString(Bytes(random, random.Next(200)))}\r\n"),
        7 => Post(random, "{}"u8.ToArray(), headers: $"X-Huge: {new string('h', random.Next(1000, 200_000))}\r\n"),
        8 => Head(random),
        _ => Bytes(random, random.Next(1, 500)),
    };

    private static byte[] Post(Random random, byte[] body, string host = "one.example", string headers = "")
    {
        string[] paths = ["/v1/messages", "/v1/messages?beta=true", "/v1/messages/count_tokens", "/v1/files", "/v1/complete"];
        return [.. Encoding.Latin1.GetBytes($"POST {paths[random.Next(paths.Length)]} HTTP/1.1\r\nHost: {host}\r\nx-api-key: sk-ant-own\r\nContent-Type: application/json\r\n{headers}Content-Length: {body.Length}\r\n\r\n"), .. body];
    }

    /// <summary>Framing, targets and credentials that contradict themselves.</summary>
    private static byte[] Head(Random random)
    {
        var length = random.Next(0, 100).ToString(CultureInfo.InvariantCulture);
        string[] heads =
        [
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}",
            $"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nContent-Length: 1{length}\r\n\r\n{{}}",
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\nTransfer-Encoding: gzip\r\n\r\n{}",
            "POST /v1/../../etc/passwd HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\nContent-Length: 2\r\n\r\n{}",
            "GET /v1/%00%ff%2e%2e/%2e%2e/x HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\n\r\n",
            "GET /v1/models?%ZZ=\u00ff HTTP/1.1\r\nHost: a\r\nx-api-key: k\r\n\r\n",
            "GET /token-stats?domain=%00'; DROP TABLE requests HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /api/requests/zzz HTTP/1.1\r\nHost: a\r\nX-Dashboard-Key: test-dashboard-key\r\n\r\n",
            "GET /api/requests?limit=99999999999&domain=%00 HTTP/1.1\r\nHost: a\r\nX-Dashboard-Key: test-dashboard-key\r\n\r\n",
            "GET /api/stats?domain=%ff%00 HTTP/1.1\r\nHost: a\r\nX-Dashboard-Key: test-dashboard-key\r\n\r\n",
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \r\nContent-Length: 2\r\n\r\n{}",
            "POST /v1/messages HTTP/1.1\r\nHost: a\r\nAuthorization: \u00ff\u00fe\r\nContent-Length: 2\r\n\r\n{}",
            "POST /v1/messages HTTP/3.9\r\nHost: a\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ];
        return Encoding.Latin1.GetBytes(heads[random.Next(heads.Length)]);
    }

    private static byte[] Nested(Random random)
    {
        var depth = random.Next(2) == 0 ? 100_000 : random.Next(60, 300);
        var (open, close) = random.Next(2) == 0 ? ("[", "]") : ("{\"a\":", "}");
        var inner = string.Concat(Enumerable.Repeat(open, depth)) + "1" + (random.Next(2) == 0 ? string.Concat(Enumerable.Repeat(close, depth)) : "");
        return Encoding.UTF8.GetBytes(random.Next(2) == 0 ? inner : $"{{\"model\":\"claude-opus-5\",\"messages\":[{{\"role\":\"user\",\"content\":{inner}}}]}}");
    }

    /// <summary>A good body with bytes flipped, cut or doubled.</summary>
    private static byte[] Torn(Random random)
    {
        var body = """{"model":"claude-opus-5","max_tokens":5,"system":[{"type":"text","text":"S"}],"messages":[{"role":"user","content":[{"type":"text","text":"Gr\u00fc\u00dfe ü"}]}],"stream":true}"""u8.ToArray();
        for (var i = random.Next(1, 6); i > 0; i--)
            body[random.Next(body.Length)] = (byte)random.Next(256);
        return body[..random.Next(1, body.Length)];
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}

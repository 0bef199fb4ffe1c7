using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nexus.Web.Operations.Logs.Exporting;

/// <summary>Signature version 4 of Amazon's storage, which compatible ones take, too; a request's host, time and body are signed.</summary>
internal sealed record S3Signature(string AccessKey, string SecretKey, string Region)
{
    private const string Signed = "host;x-amz-content-sha256;x-amz-date";

    /// <param name="path">As it is sent, escaped.</param>
    /// <param name="query">The same, sorted by name; without the question mark.</param>
    /// <param name="bodyHash">SHA-256 in lower-case hexadecimal.</param>
    /// <returns>The value of the header Authorization.</returns>
    public string Sign(string method, string host, string path, string query, string bodyHash, DateTimeOffset at)
    {
        var time = Time(at);
        var scope = $"{time[..8]}/{Region}/s3/aws4_request";
        var request = $"{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{bodyHash}\nx-amz-date:{time}\n\n{Signed}\n{bodyHash}";
        var text = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(request))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + SecretKey);
        foreach (var part in new[] { time[..8], Region, "s3", "aws4_request", text })
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return $"AWS4-HMAC-SHA256 Credential={AccessKey}/{scope},SignedHeaders={Signed},Signature={Convert.ToHexStringLower(key)}";
    }

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    public static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

using System.Security.Cryptography;
using System.Text;

namespace Nexus.Web.Access;

internal static class Secrets
{
    /// <summary>Compares in a time that depends on neither text: their SHA-256 are compared, so lengths do not leak either.</summary>
    public static bool Same(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));

    /// <summary>First 16 hex digits of the SHA-256: tells one credential from another without holding it.</summary>
    public static string Fingerprint(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..16];
}

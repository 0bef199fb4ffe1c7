using System.Buffers.Text;
using System.Security.Cryptography;

namespace Nexus.Web.Access.Keys;

/// <summary>The texts of keys and their ids.</summary>
internal static class KeySecret
{
    /// <summary>Every managed key begins so; what does not is never looked up.</summary>
    public const string Prefix = "cnp_live";

    public const string TestPrefix = "cnp_test";

    /// <summary>A prefix, an underscore and 32 random bytes in base64url: 43 characters.</summary>
    public static string New(string prefix = Prefix) => prefix + "_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string NewId() => "key_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 16);

    public static bool MayBeManaged(string text) => text.Length <= 200 && text.StartsWith(Prefix + "_", StringComparison.Ordinal);

    /// <summary>Whether it is a key of Nexus's making, which no upstream may ever see.</summary>
    public static bool IsNexus(string text) => text.StartsWith("cnp_", StringComparison.Ordinal);
}

using System.Security.Cryptography;

namespace Nexus.Web.Operations.Backups;

/// <summary>
/// What <c>openssl enc -aes-256-cbc -pbkdf2</c> writes: "Salted__", eight bytes of salt, the cipher text. Key and vector are
/// PBKDF2-HMAC-SHA256 of the passphrase with openssl's own 10,000 rounds, so that its plain command opens the file.
/// </summary>
internal static class OpensslCipher
{
    private const int Rounds = 10_000;
    private static readonly byte[] Magic = "Salted__"u8.ToArray();

    /// <summary>Dispose the stream to write the last block; the target stays open.</summary>
    public static CryptoStream Encrypt(Stream target, string passphrase)
    {
        var salt = RandomNumberGenerator.GetBytes(8);
        target.Write(Magic);
        target.Write(salt);
        return new CryptoStream(target, Cipher(passphrase, salt, encrypt: true), CryptoStreamMode.Write, leaveOpen: true);
    }

    /// <exception cref="InvalidDataException">It was not encrypted like this.</exception>
    public static CryptoStream Decrypt(Stream source, string passphrase)
    {
        var head = new byte[16];
        if (source.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.AsSpan(0, 8).SequenceEqual(Magic))
            throw new InvalidDataException("It does not begin as 'openssl enc' begins a file.");
        return new CryptoStream(source, Cipher(passphrase, head[8..], encrypt: false), CryptoStreamMode.Read);
    }

    private static ICryptoTransform Cipher(string passphrase, byte[] salt, bool encrypt)
    {
        var derived = Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, Rounds, HashAlgorithmName.SHA256, 48);
        using var aes = Aes.Create();
        (aes.Mode, aes.Padding) = (CipherMode.CBC, PaddingMode.PKCS7);
        return encrypt ? aes.CreateEncryptor(derived[..32], derived[32..]) : aes.CreateDecryptor(derived[..32], derived[32..]);
    }
}

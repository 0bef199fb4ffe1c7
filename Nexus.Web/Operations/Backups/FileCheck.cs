using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace Nexus.Web.Operations.Backups;

/// <summary>Compares a file with what its manifest says of it.</summary>
internal static class FileCheck
{
    /// <exception cref="InvalidDataException">It differs: says where.</exception>
    public static async Task RunAsync(string path, FileSums sums, CancellationToken cancellation)
    {
        var name = Path.GetFileName(path);
        if (!File.Exists(path))
            throw new InvalidDataException($"{name} is missing; only its manifest is there.");
        var length = new FileInfo(path).Length;
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous);
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[sums.BlockBytes];
        for (var i = 0; i < sums.Blocks.Count; i++)
        {
            var read = await file.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellation);
            whole.AppendData(block, 0, read);
            var from = (long)i * sums.BlockBytes;
            if (from + read >= length && length < sums.Bytes)
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{name} is cut off: it ends at byte {length} of {sums.Bytes}."));
            if (Convert.ToHexStringLower(XxHash128.Hash(block.AsSpan(0, read))) != sums.Blocks[i])
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{name} is damaged between bytes {from} and {from + read}: their checksum differs from the manifest's."));
        }

        if (length > sums.Bytes)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{name} has {length} bytes, {length - sums.Bytes} more than when it was made."));
        if (Convert.ToHexStringLower(whole.GetHashAndReset()) != sums.Sha256)
            throw new InvalidDataException($"{name} does not have the SHA-256 of its manifest, though each of its blocks does: the manifest was changed.");
    }
}

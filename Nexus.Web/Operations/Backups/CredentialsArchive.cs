using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Nexus.Web.Operations.Backups;

/// <summary>Opens a credentials backup into a directory and compares what came out with its manifest.</summary>
internal static class CredentialsArchive
{
    /// <param name="manifest">Null: one made by hand; its file's checksums are not known.</param>
    /// <returns>Names of the files, relative to <paramref name="target"/>.</returns>
    /// <exception cref="InvalidDataException">It is damaged or not such an archive: says where.</exception>
    public static async Task<List<string>> ExtractAsync(string path, BackupManifest? manifest, string passphrase, string target, CancellationToken cancellation)
    {
        var name = Path.GetFileName(path);
        if (manifest is not null)
            await FileCheck.RunAsync(path, manifest.Sums, cancellation);
        var encrypted = path.EndsWith(".enc", StringComparison.Ordinal);
        if (encrypted && passphrase.Length == 0)
            throw new InvalidDataException($"{name} is encrypted: set BACKUP_PASSPHRASE to what it was encrypted with.");
        try
        {
            var files = new List<string>();
            await using var file = File.OpenRead(path);
            await using var cipher = encrypted ? OpensslCipher.Decrypt(file, passphrase) : null;
            await using var gzip = new GZipStream(cipher ?? (Stream)file, CompressionMode.Decompress);
            await using var tar = new TarReader(gzip);
            while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
                if (await ExtractAsync(entry, target, cancellation) is { } extracted)
                    files.Add(extracted);
            Compare(name, manifest, target, files);
            return files;
        }
        catch (CryptographicException)
        {
            throw new InvalidDataException($"{name} cannot be decrypted: BACKUP_PASSPHRASE is not what it was encrypted with, or the file is damaged.");
        }
        catch (Exception error) when (encrypted && error is InvalidDataException or EndOfStreamException && manifest is null)
        {
            throw new InvalidDataException($"{name} cannot be read: {error.Message} Is BACKUP_PASSPHRASE what it was encrypted with?", error);
        }
    }

    private static async Task<string?> ExtractAsync(TarEntry entry, string target, CancellationToken cancellation)
    {
        var name = entry.Name.TrimStart('.').TrimStart('/').TrimEnd('/');
        if (entry.Name.StartsWith('.') && !entry.Name.StartsWith("./", StringComparison.Ordinal))
            name = entry.Name.TrimEnd('/');
        if (entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes || name.Length == 0)
            return null;
        var path = Path.GetFullPath(Path.Combine(target, name));
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || Path.IsPathRooted(entry.Name) || !path.StartsWith(target + "/", StringComparison.Ordinal))
            throw new InvalidDataException($"The archive holds '{entry.Name}', which is not a plain file inside it.");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await entry.ExtractToFileAsync(path, overwrite: true, cancellation);
        return name;
    }

    private static void Compare(string archive, BackupManifest? manifest, string target, List<string> files)
    {
        if (manifest?.Files is not { } expected)
            return;
        foreach (var file in expected)
        {
            if (!files.Contains(file.Name))
                throw new InvalidDataException($"{file.Name} is missing in {archive}.");
            if (Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(target, file.Name)))) != file.Sha256)
                throw new InvalidDataException($"{file.Name} in {archive} is not what was archived.");
            if (Convert.ToString((int)File.GetUnixFileMode(Path.Combine(target, file.Name)), 8) != file.Mode)
                throw new InvalidDataException($"{file.Name} in {archive} does not have the mode {file.Mode} that it had.");
        }
    }
}

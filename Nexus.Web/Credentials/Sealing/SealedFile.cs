using System.Security.Cryptography;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Configuration;

namespace Nexus.Web.Credentials.Sealing;

/// <summary>A file under DATA_DIR that only this gateway can read: what a start needs while the database is away. Written beside and renamed, and only when it changes.</summary>
internal sealed partial class SealedFile(CredentialSeal seal, string path, ILogger logger)
{
    private byte[] _written = [];
    private bool _failing;

    /// <summary>Null when there is none, or none that can be read; that is logged.</summary>
    public byte[]? Read()
    {
        try
        {
            return File.Exists(path) ? _written = seal.Open(File.ReadAllBytes(path)) : null;
        }
        catch (Exception error) when (JournalFiles.IsDisk(error) || error is CryptographicException)
        {
            Log.Unreadable(logger, path, error.Message);
            return null;
        }
    }

    /// <returns>Whether the file has the content now; the first failure in a row is logged, and trying again is the caller's.</returns>
    public bool Write(byte[] content)
    {
        if (content.AsSpan().SequenceEqual(_written))
            return true;
        try
        {
            PrivateFiles.MakeDirectory(Path.GetDirectoryName(path)!);
            PrivateFiles.Replace(path, path + ".new", file => file.Write(seal.Seal(content)));
            _written = content;
            _failing = false;
            return true;
        }
        catch (Exception error) when (JournalFiles.IsDisk(error) || error is CryptographicException)
        {
            if (!_failing)
                Log.Unwritable(logger, path, error.Message);
            _failing = true;
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Path} cannot be read and is ignored: {Reason} What it held is known once the database answers.")]
        public static partial void Unreadable(ILogger logger, string path, string reason);

        [LoggerMessage(LogLevel.Warning, "{Path} cannot be written: {Reason} A restart while the database is away would not know what it holds.")]
        public static partial void Unwritable(ILogger logger, string path, string reason);
    }
}

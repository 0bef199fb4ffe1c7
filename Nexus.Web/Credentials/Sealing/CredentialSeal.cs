using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;

namespace Nexus.Web.Credentials.Sealing;

/// <summary>
/// Seals secrets with the ring under DATA_DIR/keys/credentials, which is never in the database and in no backup of it. Every
/// key of the ring opens what it sealed; the newest seals.
/// </summary>
internal sealed class CredentialSeal(IOptions<DataOptions> data)
{
    /// <summary>How a sealed value begins.</summary>
    public const string Prefix = "sealed:v1:";

    private readonly Lock _opening = new();
    private ServiceProvider? _ring;

    public string Directory => Path.Combine(data.Value.KeysDirectory, "credentials");

    public static bool IsSealed(string value) => value.StartsWith(Prefix, StringComparison.Ordinal);

    public string Seal(string value) => Prefix + Protector().Protect(value);

    /// <summary>A sealed value's text; any other value as it is.</summary>
    /// <exception cref="CryptographicException">No key of the ring opens it.</exception>
    public string Open(string value) => IsSealed(value) ? Unsealed(protector => protector.Unprotect(value[Prefix.Length..])) : value;

    public byte[] Seal(byte[] content) => Protector().Protect(content);

    /// <exception cref="CryptographicException">No key of the ring opens it.</exception>
    public byte[] Open(byte[] content) => Unsealed(protector => protector.Unprotect(content));

    /// <summary>From now on a new key seals.</summary>
    public void Rotate()
    {
        var now = DateTimeOffset.UtcNow;
        Ring().GetRequiredService<IKeyManager>().CreateNewKey(now, now.AddYears(10));
        Forget();
    }

    private T Unsealed<T>(Func<IDataProtector, T> open)
    {
        try
        {
            return open(Protector());
        }
        catch (CryptographicException)
        {
            // Another process may have made the key since the ring was read.
            Forget();
            return open(Protector());
        }
    }

    private IDataProtector Protector() => Ring().GetRequiredService<IDataProtectionProvider>().CreateProtector("credentials");

    private ServiceProvider Ring()
    {
        lock (_opening)
        {
            if (_ring is { } ring)
                return ring;
            PrivateFiles.MakeDirectory(data.Value.KeysDirectory);
            var services = new ServiceCollection();
            services.AddDataProtection().SetApplicationName("nexus-credentials").PersistKeysToFileSystem(PrivateFiles.MakeDirectory(Directory));
            return _ring = services.BuildServiceProvider();
        }
    }

    private void Forget()
    {
        lock (_opening)
            _ring = null;
    }
}

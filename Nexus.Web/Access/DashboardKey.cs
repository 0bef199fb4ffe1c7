using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;

namespace Nexus.Web.Access;

/// <summary>The key of the dashboard and of /api: given, or made on first start and kept under DATA_DIR/keys (0600).</summary>
internal sealed partial class DashboardKey
{
    private readonly string _key;

    public DashboardKey(IOptions<AccessOptions> access, IOptions<DataOptions> data, ILogger<DashboardKey> logger)
    {
        if (access.Value.DashboardApiKey is { Length: > 0 } given)
        {
            _key = given;
            return;
        }

        var path = Path.Combine(data.Value.KeysDirectory, "dashboard-api-key");
        if (!File.Exists(path))
        {
            PrivateFiles.MakeDirectory(data.Value.KeysDirectory);
            using var file = new FileStream(path, PrivateFiles.Writing(FileMode.CreateNew));
            file.Write(System.Text.Encoding.ASCII.GetBytes("nxd_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))));
            Log.Made(logger, path);
        }

        _key = File.ReadAllText(path).Trim();
    }

    /// <summary>Changes with the key and does not tell it: sessions carry it, so that a new key ends them.</summary>
    public string Fingerprint => Secrets.Fingerprint("session:" + _key);

    public bool Matches(string given) => Secrets.Same(given, _key);

    /// <summary>For <c>nexus key show</c> alone.</summary>
    public string Reveal() => _key;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "DASHBOARD_API_KEY is not set: a key was made and is kept in {Path}.")]
        public static partial void Made(ILogger logger, string path);
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Configuration;
using Xunit;

namespace Nexus.Web.Tests.Access.Keys;

public sealed class AccessFileTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("nexus-access-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void What_an_older_version_kept_is_deleted_only_once_the_sealed_file_is_written()
    {
        var data = Options.Create(new DataOptions { Directory = _home });
        var plain = Path.Combine(_home, "keys", "client-keys.json");
        // A directory where the file beside it would be made: as root, modes keep nobody out.
        var inTheWay = Directory.CreateDirectory(Path.Combine(_home, "keys", "client-keys.sealed.new"));
        File.WriteAllText(plain, "{}");
        var file = new AccessFile(new(data), data, NullLogger<AccessFile>.Instance);
        file.Write(KnownAccess.Of([], []));
        Assert.True(File.Exists(plain));
        inTheWay.Delete();
        file.Write(KnownAccess.Of([], []));
        Assert.Equal((false, true), (File.Exists(plain), File.Exists(Path.Combine(_home, "keys", "client-keys.sealed"))));
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Health;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Doctor;

/// <summary>Whether the names of the upstream and of the database's servers have addresses.</summary>
internal sealed class NamesCheck(IOptions<ProxyOptions> proxy, IOptions<StorageOptions> storage)
{
    public async Task<Finding> LookAsync(CancellationToken cancellation)
    {
        var names = new List<string> { proxy.Value.UpstreamBaseUrl.Host };
        if (storage.Value.DatabaseUrl.Length > 0)
            names.AddRange((DatabaseUrl.Parse(storage.Value.DatabaseUrl, out _).Host ?? "").Split(',').Where(host => !host.StartsWith('/')).Select(host => host.Split(':')[0]));
        var (known, unknown) = (new List<string>(), new List<string>());
        foreach (var name in names.Distinct().Where(name => !IPAddress.TryParse(name, out _)))
        {
            try
            {
                known.Add($"{name} is {(await Dns.GetHostAddressesAsync(name, cancellation))[0]}");
            }
            catch (SocketException error)
            {
                unknown.Add($"{name} ({error.Message})");
            }
        }

        return unknown.Count > 0
            ? Finding.Failure($"No address for {string.Join(", ", unknown)}.", "Check the name in CLAUDE_API_BASE_URL or DATABASE_URL, and this machine's DNS (nslookup, /etc/resolv.conf).")
            : Finding.Ok(known.Count == 0 ? "Only addresses are configured, no names." : $"{string.Join(", ", known)}.");
    }
}

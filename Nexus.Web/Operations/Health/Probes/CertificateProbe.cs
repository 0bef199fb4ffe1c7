using System.Security.Cryptography.X509Certificates;
using Nexus.Web.Listening;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>How long the certificate of both ports is still good. Only where there is one.</summary>
internal sealed class CertificateProbe(TlsCertificate certificate, TimeProvider time) : IProbe
{
    /// <summary>Whoever renews by themselves has done so by then.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    public string Name => "certificate";

    public string Title => "Certificate";

    public Task<Finding> LookAsync(CancellationToken cancellation)
    {
        var served = certificate.Current.TargetCertificate;
        return Task.FromResult(Judge(served.GetNameInfo(X509NameType.DnsName, forIssuer: false), served.NotBefore.ToUniversalTime(), served.NotAfter.ToUniversalTime(), time.GetUtcNow()));
    }

    public static Finding Judge(string name, DateTimeOffset from, DateTimeOffset until, DateTimeOffset now)
    {
        const string Fix = "Renew it and put the new files where TLS_CERT_FILE and TLS_KEY_FILE point: they are in force within seconds, without a restart.";
        if (now < from)
            return Finding.Failure($"That of {name} is good only from {Display.Utc(from)} on.", "Check this machine's clock.");
        if (now > until)
            return Finding.Failure($"That of {name} ran out at {Display.Utc(until)}.", Fix);
        var words = $"That of {name} is good for {Display.Milliseconds((until - now).TotalMilliseconds)}, until {Display.Utc(until)}.";
        return until - now < Soon ? Finding.Warning(words, Fix) : Finding.Ok(words);
    }
}

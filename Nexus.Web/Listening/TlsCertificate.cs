using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Listening;

/// <summary>The certificate of both ports, with its chain, from PEM files. Read anew when they change, so that a renewal needs no restart; connections keep what they began with.</summary>
internal sealed partial class TlsCertificate(IOptions<ListeningOptions> options, TimeProvider time, ILogger<TlsCertificate> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);
    private byte[] _read = [];
    private byte[] _refused = [];
    private volatile SslStreamCertificateContext? _current;

    public bool IsOn => options.Value.TlsCertificateFile.Length > 0;

    public SslStreamCertificateContext Current => _current ?? Load();

    /// <summary>Why the files cannot be used; found out before anything starts.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        var section = configuration.GetSection(ListeningOptions.Section);
        var (certificate, key) = (section["TlsCertificateFile"] ?? "", section["TlsKeyFile"] ?? "");
        if (certificate.Length == 0 && key.Length == 0)
            return [];
        if (certificate.Length == 0 || key.Length == 0)
            return ["TLS_CERT_FILE and TLS_KEY_FILE belong together: one of them is not set."];
        try
        {
            Read(certificate, key);
            return [];
        }
        catch (Exception error) when (IsFile(error))
        {
            return [$"TLS_CERT_FILE is '{certificate}' and TLS_KEY_FILE '{key}', which do not make a certificate ({error.Message}); they accept PEM files: the certificate with its chain, and its private key."];
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!IsOn)
            return;
        using var timer = new PeriodicTimer(Beat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                Refresh();
        }
        catch (OperationCanceledException)
        {
            // The app is stopping.
        }
    }

    private void Refresh()
    {
        byte[] now = [];
        try
        {
            now = Bytes();
            if (now.AsSpan().SequenceEqual(_read) || now.AsSpan().SequenceEqual(_refused))
                return;
            Load();
            Log.Renewed(logger, Current.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (Exception error) when (IsFile(error))
        {
            // Half of a renewal perhaps: the other file comes in a moment. Until then the old one is served.
            _refused = now;
            Log.Unusable(logger, error.Message);
        }
    }

    private SslStreamCertificateContext Load()
    {
        var bytes = Bytes();
        var context = Read(options.Value.TlsCertificateFile, options.Value.TlsKeyFile);
        _read = bytes;
        return _current = context;
    }

    private byte[] Bytes() => [.. File.ReadAllBytes(options.Value.TlsCertificateFile), .. File.ReadAllBytes(options.Value.TlsKeyFile)];

    private static SslStreamCertificateContext Read(string certificateFile, string keyFile)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificateFile);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificateFile, keyFile), chain, offline: true);
    }

    private static bool IsFile(Exception error) => error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or NotSupportedException;

    private static partial class Log
    {
        [LoggerMessage(EventName = "certificate_renewed", Level = LogLevel.Information, Message = "The renewed certificate is in force; it is good until {Until}.")]
        public static partial void Renewed(ILogger logger, DateTime until);

        [LoggerMessage(EventName = "certificate_unusable", Level = LogLevel.Error, Message = "The certificate files have changed and cannot be used; the old certificate is served on: {Reason}")]
        public static partial void Unusable(ILogger logger, string reason);
    }
}

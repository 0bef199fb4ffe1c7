using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Capture.Levels;
using Nexus.Web.Capture.Redaction;
using Nexus.Web.Credentials;
using Nexus.Web.Storage;

namespace Nexus.Web.Proxy;

/// <summary>Begins the record of an exchange at the capture level of its key and domain: what must not be kept never reaches the journal.</summary>
internal sealed partial class Recording(CredentialFiles files, AccessState access, Redactor redactor, IServiceProvider services, IOptions<StorageOptions> storage, IOptions<CaptureOptions> options, ILogger<Recording> logger)
{
    /// <summary>Null when nothing is recorded (STORAGE_ENABLED=false).</summary>
    private readonly Journal? _journal = storage.Value.Enabled ? services.GetRequiredService<Journal>() : null;

    private readonly CaptureLevel _default = CaptureLevels.Parse(options.Value.Level);

    public bool IsOn => _journal is not null;

    /// <summary>False when a record would go nowhere, not even to the log.</summary>
    public bool IsNeeded => IsOn || logger.IsEnabled(LogLevel.Debug);

    /// <summary>Whether nothing of a domain's requests is recorded or limited: it is only lent, for a test of Nexus by itself.</summary>
    public bool Skips(string domain) => files.IsLent(domain);

    /// <param name="start">As it is known; its level is set here.</param>
    public ExchangeRecorder? Begin(ProxiedRequest request, StartMetadata start, ReadOnlyMemory<byte> body)
    {
        if (Skips(request.Domain))
            return null;
        var level = access.LevelFor(request.Domain, request.Caller?.Key, _default);
        var kept = KeptRequest.Of(start with { Capture = level }, body, redactor);
        // At debug level, and as far as they are kept at all.
        if (logger.IsEnabled(LogLevel.Debug))
            Log.Headers(logger, request.Id, request.Domain, HeaderMask.Text(kept.Start.Headers));
        if (_journal is null)
            return null;
        var recorder = _journal.Begin(request.Id, kept.Start, request.ArrivalTimestamp, kept.Body);
        recorder.Filter = kept.Answer;
        return recorder;
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "request_headers", Level = LogLevel.Debug, Message = "Request headers")]
        public static partial void Headers(ILogger logger, Guid requestId, string host, string headers);
    }
}

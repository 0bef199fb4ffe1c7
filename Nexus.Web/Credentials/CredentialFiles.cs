using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Nexus.Web.Access;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Credentials.Sealing;
using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Credentials;

/// <summary>
/// The credential files by domain, held in memory. The directory is looked at once a second, so a change is in force within
/// two; the request path reads no file. Polling, because file watchers miss changes on network and bind mounts.
/// </summary>
internal sealed partial class CredentialFiles : BackgroundService
{
    public const string Suffix = ".credentials.json";

    /// <summary>Looks, a second each, that an editor or a slow mount may take to leave a file whole.</summary>
    public const int MostBroken = 5;

    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly SecretMask _mask;
    private readonly ILogger<CredentialFiles> _logger;
    private readonly Dictionary<string, byte[]?> _seen = [];

    /// <summary>For how many looks a file that was good has been unreadable or half written.</summary>
    private readonly Dictionary<string, int> _broken = [];

    /// <summary>What each file said when it was good last: its unsaved tokens outlive a time when it cannot be used.</summary>
    private readonly Dictionary<string, DomainCredential> _good = [];
    private readonly ConcurrentDictionary<string, string> _paths = new();
    private readonly ConcurrentDictionary<string, DomainCredential> _lent = new();

    /// <summary>What becomes of lent accounts is kept nowhere.</summary>
    private readonly CredentialParser _lender;
    private volatile FrozenDictionary<string, DomainCredential> _byDomain = FrozenDictionary<string, DomainCredential>.Empty;
    private volatile FrozenSet<string> _clientKeys = FrozenSet<string>.Empty;

    public CredentialFiles(IOptions<CredentialOptions> options, IOptions<DataOptions> data, CredentialSeal seal, AccountStates states, TimeProvider time, SecretMask mask, ILogger<CredentialFiles> logger)
    {
        _directory = options.Value.PathIn(data.Value.Directory);
        Parser = new(seal, states, options.Value.AllowOAuthPool);
        _lender = new(seal, new AccountStates(), options.Value.AllowOAuthPool);
        _time = time;
        _mask = mask;
        _logger = logger;
        Refresh();
    }

    /// <summary>Reads what the files hold.</summary>
    public CredentialParser Parser { get; }

    /// <summary>Raised after the set of credentials changed.</summary>
    public event Action? Changed;

    public IEnumerable<DomainCredential> All => _byDomain.Values.Concat(_lent.Values);

    public IEnumerable<string> Domains => _byDomain.Keys;

    public IEnumerable<Account> Accounts => All.SelectMany(credential => credential.Accounts);

    /// <summary>Files that other users may open, a line each, with what to do.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Where a domain's file is, whatever the case of its name.</summary>
    public string PathOf(string domain) => _paths.GetValueOrDefault(domain) ?? Path.Combine(_directory, domain + Suffix);

    public DomainCredential? Find(string domain) => _byDomain.GetValueOrDefault(domain) ?? _lent.GetValueOrDefault(domain);

    public bool IsLent(string domain) => !_lent.IsEmpty && _lent.ContainsKey(domain);

    /// <summary>Has a domain without a file, until it is taken back or the process ends.</summary>
    public void Lend(string domain, byte[] json)
    {
        _lent[domain] = _lender.Parse(domain, json);
        Changed?.Invoke();
    }

    public void TakeBack(string domain)
    {
        if (_lent.TryRemove(domain, out _))
            Changed?.Invoke();
    }

    /// <summary>Whether any domain's client key is this one; looked up by its hash, so that the time says nothing.</summary>
    public bool IsClientKey(string given) => _clientKeys.Contains(Secrets.Fingerprint(given));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                if (Refresh())
                    Changed?.Invoke();
        }
        catch (OperationCanceledException)
        {
            // The app is stopping.
        }
    }

    /// <summary>One look at the directory; true when something changed.</summary>
    public bool Refresh()
    {
        try
        {
            var files = Directory.Exists(_directory) ? new DirectoryInfo(_directory).GetFiles("*" + Suffix) : [];
            var next = new Dictionary<string, DomainCredential>();
            var changed = files.Length != _byDomain.Count;
            foreach (var file in files)
            {
                var domain = file.Name[..^Suffix.Length].ToLowerInvariant();
                var content = Read(file);
                _paths[domain] = file.FullName;
                var known = _byDomain.GetValueOrDefault(domain);
                // By content: a copy may keep size and time, and behind a symbolic link (mounted secrets) both are the link's.
                var same = known is not null && _seen.GetValueOrDefault(domain).AsSpan().SequenceEqual(content);
                if (!same && known is { Problem: null } && IsBroken(domain, content))
                {
                    next[domain] = known;
                    continue;
                }

                _broken.Remove(domain);
                next[domain] = same ? known! : Load(domain, content, _good.GetValueOrDefault(domain));
                _seen[domain] = content;
                changed |= !same;
            }

            foreach (var gone in _good.Keys.Except(next.Keys).ToList())
            {
                _good.Remove(gone);
                _broken.Remove(gone);
            }

            Look(files);
            if (!changed)
                return false;
            _byDomain = next.ToFrozenDictionary();
            _clientKeys = next.Values.Select(credential => credential.ClientApiKey).OfType<string>().Select(Secrets.Fingerprint).ToFrozenSet();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What was read last stays in force: a directory that cannot be listed for a moment must not lock callers out.
            Log.Unreadable(_logger, _directory, error.Message);
            return false;
        }
    }

    private void Look(FileInfo[] files)
    {
        var warnings = FileModes.Warnings(new(_directory), files);
        foreach (var warning in warnings.Except(Warnings))
            Log.Open(_logger, warning);
        Warnings = warnings;
    }

    /// <summary>Whether what was read last stays in force: the file is unreadable or no whole JSON, and has not been so for long.</summary>
    private bool IsBroken(string domain, byte[]? content)
    {
        if (content is not null && CredentialParser.IsJson(content))
            return false;
        var looks = _broken[domain] = _broken.GetValueOrDefault(domain) + 1;
        if (looks == 1)
            Log.Broken(_logger, domain, content is null ? "cannot be read" : "is not valid JSON", MostBroken);
        return looks <= MostBroken;
    }

    /// <summary>Null when it cannot be read.</summary>
    private static byte[]? Read(FileInfo file)
    {
        try
        {
            return File.ReadAllBytes(file.FullName);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private DomainCredential Load(string domain, byte[]? content, DomainCredential? before)
    {
        var credential = content is null ? DomainCredential.Unusable("it cannot be read: check its owner and mode") : Parser.Parse(domain, content);
        foreach (var account in credential.Accounts)
        {
            _mask.Learn(account.Secret);
            _mask.Learn(account.Tokens?.Refresh);
            if (before?.Accounts.FirstOrDefault(same => same.Id == account.Id) is { } old && old.Secret != account.Secret)
                account.State.Change(known => known.CredentialChanged());
            // Newer tokens that could not be written into the file must not be lost to an edit of it, unless that brings a new login.
            if (account.Tokens?.Refresh is { } filed && before?.Accounts.FirstOrDefault(same => same.Health.Unsaved is not null && same.FiledRefresh == filed) is { Tokens: { } unsaved } held)
                (account.Tokens, account.Health) = (unsaved, held.Health);
        }

        _mask.Learn(credential.ClientApiKey);
        _mask.Learn(credential.Slack?.WebhookUrl);
        if (credential.Problem is { } problem)
        {
            Log.Unusable(_logger, domain, problem);
            return credential;
        }

        Log.Loaded(_logger, domain, credential.AccountIds);
        return _good[domain] = credential;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Credential file of {Domain} is in force (account {AccountId}).")]
        public static partial void Loaded(ILogger logger, string domain, string accountId);

        [LoggerMessage(LogLevel.Warning, "{Warning}")]
        public static partial void Open(ILogger logger, string warning);

        [LoggerMessage(LogLevel.Warning, "Credential file of {Domain} {What} at the moment: what it said before stays in force for {Seconds} s.")]
        public static partial void Broken(ILogger logger, string domain, string what, int seconds);

        [LoggerMessage(LogLevel.Error, "Credential file of {Domain} cannot be used: {Problem}.")]
        public static partial void Unusable(ILogger logger, string domain, string problem);

        [LoggerMessage(LogLevel.Warning, "Credentials directory {Directory} cannot be read: {Reason}")]
        public static partial void Unreadable(ILogger logger, string directory, string reason);
    }
}

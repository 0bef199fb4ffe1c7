using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Credentials;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Channels.Conversations;

/// <summary>
/// Notes in Slack what passes for the domains that wish it: those with a <c>slack</c> block in their credential file, and those of
/// SLACK_CONVERSATIONS. Nothing waits for it; what Slack does not take is lost. A body that is not kept is not noted either.
/// </summary>
internal sealed partial class ConversationNotes(CredentialFiles files, SlackChannel slack, IOptions<ChannelOptions> options, PayloadReader payloads, TimeProvider time, ILogger<ConversationNotes> logger) : BackgroundService
{
    private const int MostWaiting = 500;
    private const int MostHosts = 1_000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Channel<LedgerRow> _waiting = Channel.CreateBounded<LedgerRow>(new BoundedChannelOptions(MostWaiting) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, string> _lastWords = [];
    private readonly string[] _domains = options.Value.Slack.Conversations.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Called by ingest after each batch; costs nothing where nobody wishes notes.</summary>
    public void Stored(IReadOnlyList<AnalysedExchange> exchanges)
    {
        foreach (var exchange in exchanges)
            if (exchange.Row is { Lane: "main", RequestType: "inference" } row && TargetOf(row.Domain) is not null)
                _waiting.Writer.TryWrite(row);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await foreach (var row in _waiting.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                if (TargetOf(row.Domain) is { } target && await TextAsync(row, stoppingToken) is { } text)
                    await PostAsync(target, text, row, stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                Log.Failed(logger, row.Domain, error.Message);
            }
        }
    }

    private async Task<string?> TextAsync(LedgerRow row, CancellationToken cancellation)
    {
        if (Outcomes.IsFailed(row.Outcome))
            return "Error: " + SlackChannel.Escape(row.ErrorMessage ?? row.ErrorType ?? row.Outcome);
        if (await payloads.ReadAsync(row.Id, cancellation) is not { RequestBody: { } body } payload)
            return null;
        var request = ContentDecoding.Decode(body, ContentDecoding.EncodingOf(payload.RequestHeaders)) ?? default;
        var answer = payload.Message ?? (payload.ResponseBody is { } whole ? ContentDecoding.Decode(whole, ContentDecoding.EncodingOf(payload.ResponseHeaders)) ?? default : default);
        var note = ConversationNote.Of(request.Span, answer.Span);
        // Once per thing that somebody typed: the turns in which tools answer stay silent.
        if (note.User is null || _lastWords.GetValueOrDefault(row.Domain) == note.User)
            return null;
        if (_lastWords.Count >= MostHosts)
            _lastWords.Clear();
        _lastWords[row.Domain] = note.User;
        return note.Text;
    }

    private async Task PostAsync(SlackOptions target, string text, LedgerRow row, CancellationToken cancellation)
    {
        var footer = (ConversationNote.Footer(row), row.StartedAt);
        var result = await slack.PostAsync(target, text, footer, cancellation);
        if (result is { Again: true, After: { } wait })
        {
            await Task.Delay(wait < LongestWait ? wait : LongestWait, time, cancellation);
            result = await slack.PostAsync(target, text, footer, cancellation);
        }

        if (result.Error is { } error)
            Log.Failed(logger, row.Domain, error);
    }

    /// <summary>Where a domain's notes go; null: nowhere.</summary>
    private SlackOptions? TargetOf(string domain)
    {
        var own = options.Value.Slack;
        if (domain.Contains("personal", StringComparison.OrdinalIgnoreCase))
            return null;
        if (files.Find(domain)?.Slack is { } block && (block.Enabled == false || Uri.TryCreate(block.WebhookUrl, UriKind.Absolute, out _)))
        {
            return block.Enabled == false ? null : new()
            {
                Enabled = true,
                WebhookUrl = block.WebhookUrl!,
                Channel = block.Channel ?? "",
                Username = block.Username is { Length: > 0 } name ? name : own.Username,
                IconEmoji = block.IconEmoji is { Length: > 0 } icon ? icon : own.IconEmoji,
            };
        }

        return own is { Enabled: true, WebhookUrl.Length: > 0 } && (_domains.Contains(domain) || _domains.Contains("*")) ? own : null;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A conversation of {Domain} is not noted in Slack: {Reason}")]
        public static partial void Failed(ILogger logger, string domain, string reason);
    }
}

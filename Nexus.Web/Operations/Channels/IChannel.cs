namespace Nexus.Web.Operations.Channels;

/// <summary>A way to tell people.</summary>
internal interface IChannel
{
    /// <summary>As in the delivery log and in rules.</summary>
    string Name { get; }

    /// <summary>Null when it is not set up; else where it leads, without secrets.</summary>
    string? Target { get; }

    /// <summary>Tells once. Throws for nothing but cancellation.</summary>
    Task<SendResult> SendAsync(Guid delivery, ChannelMessage message, CancellationToken cancellation);
}

/// <param name="Error">Null: it was taken.</param>
/// <param name="Again">Whether another attempt makes sense.</param>
/// <param name="After">The least wait that the other side asked for.</param>
internal sealed record SendResult(string? Error, bool Again = false, TimeSpan? After = null)
{
    public static SendResult Sent { get; } = new((string?)null);
}

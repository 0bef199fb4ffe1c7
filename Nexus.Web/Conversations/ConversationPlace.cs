using System.Globalization;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations;

/// <summary>Where a page of conversations ended, by their latest activity.</summary>
internal readonly record struct ConversationPlace(DateTimeOffset At, Guid Id)
{
    public static ConversationPlace? Parse(string? text) =>
        text?.Split('_') is [var ticks, var id] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTime.MaxValue.Ticks && Guid.TryParse(id, out var conversation)
            ? new(new(at, TimeSpan.Zero), conversation) : null;

    public static ConversationPlace Of(ConversationRow row) => new(row.LastAt, row.Id);

    /// <summary>Those behind it. The condition of the hour is what the index begins with.</summary>
    public IQueryable<ConversationRow> Older(IQueryable<ConversationRow> rows)
    {
        var (at, id) = (At, Id);
        return rows.Where(row => row.LastHour <= at && (row.LastAt < at || (row.LastAt == at && row.Id.CompareTo(id) < 0)));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.UtcTicks}_{Id}");
}

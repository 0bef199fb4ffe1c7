using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;
using Nexus.Web.Access.Roles;

namespace Nexus.Web.Pages.Offline;

/// <summary>An answer as it was last given while the database was there.</summary>
/// <param name="Html">UTF-8; a whole page or htmx's fragment.</param>
internal sealed record StoredView(DateTimeOffset At, byte[] Html);

/// <summary>
/// The last good answers of the pages that people watch, to be shown while the database is away. In memory alone: pages hold
/// conversations, which go to no disk on this way. One is found by all that it depended on, first of all by who asked.
/// </summary>
internal sealed class StoredViews(TimeProvider time) : IDisposable
{
    private const long MostBytes = 32 << 20;
    private const int MostBytesOfOne = 1 << 20;

    /// <summary>What a small one counts as: there are never more than 1,024.</summary>
    private const int LeastBytesOfOne = 32 << 10;

    private const string SessionCookie = "nexus_session";
    private static readonly TimeSpan Kept = TimeSpan.FromHours(12);

    private static readonly string[] Pages =
        ["/dashboard", "/dashboard/mine", "/dashboard/requests", "/dashboard/conversations", "/dashboard/usage", "/dashboard/token-usage", "/dashboard/budgets", "/dashboard/alerts"];

    /// <summary>Each of what has an id of its own. Their handlers are for files, which may be long.</summary>
    private static readonly string[] OfOne = ["/dashboard/request/", "/dashboard/conversation/"];

    private readonly MemoryCache _views = new(new MemoryCacheOptions { SizeLimit = MostBytes, CompactionPercentage = 0.1 });

    public static bool Keeps(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Path.Value is { } path
        && (Pages.Contains(path, StringComparer.OrdinalIgnoreCase) || (!request.Query.ContainsKey("handler") && OfOne.Any(start => path.StartsWith(start, StringComparison.OrdinalIgnoreCase) && Guid.TryParse(path.AsSpan(start.Length), out _))));

    /// <summary>
    /// Of an authorized request. Every claim is part of it, name and role among them: who signs in anew, or with another role, finds
    /// nothing of before, and nobody finds what another was shown. So is whether content is open, and by which reason: what a grant opened is
    /// not found when it is over.
    /// </summary>
    public static string KeyOf(HttpContext context) => KeyOf(context, context.Request.Headers.ContainsKey("HX-Request"));

    /// <summary>When the whole page was last seen by who asks for a part of it; null where it never was, or is not kept.</summary>
    public DateTimeOffset? WholeSeenAt(HttpContext context) => Keeps(context.Request) ? Find(KeyOf(context, part: false))?.At : null;

    public void Keep(string key, byte[] html)
    {
        if (html.Length is > 0 and <= MostBytesOfOne)
            _views.Set(key, new StoredView(time.GetUtcNow(), html), new MemoryCacheEntryOptions { Size = Math.Max(html.Length, LeastBytesOfOne), SlidingExpiration = Kept });
    }

    public StoredView? Find(string key) => _views.Get<StoredView>(key);

    public void Dispose() => _views.Dispose();

    private static string KeyOf(HttpContext context, bool part)
    {
        var request = context.Request;
        var person = context.User.Identities.SelectMany(identity => identity.Claims.Select(claim => $"{identity.AuthenticationType}|{claim.Type}|{claim.Value}")).Order(StringComparer.Ordinal);
        // Zone, theme and whatever else is chosen by a cookie, and the one that the tokens in the page's forms belong to; the session's own says nothing that the claims do not, and changes as it is renewed.
        var chosen = request.Cookies.Where(cookie => (cookie.Key.StartsWith("nexus_", StringComparison.Ordinal) && cookie.Key != SessionCookie) || cookie.Key.StartsWith(".AspNetCore.Antiforgery", StringComparison.Ordinal)).Select(cookie => $"{cookie.Key}={cookie.Value}").Order(StringComparer.Ordinal);
        var content = ContentAccess.Of(context);
        string[] view = [$"{content.Open} {content.Grant?.Id}", request.Path.Value!.ToLowerInvariant(), request.QueryString.Value ?? "", part ? "part" : "whole", request.Host.Value ?? ""];
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', person.Concat(chosen).Concat(view).Select(one => $"{one.Length}:{one}")))));
    }
}

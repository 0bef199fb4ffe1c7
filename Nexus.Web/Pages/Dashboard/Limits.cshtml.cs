using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Windows;

namespace Nexus.Web.Pages;

/// <summary>Each account's windows, from the upstream's headers and from own sums; with <c>accountId</c> one account in detail.</summary>
internal sealed class LimitsModel(NexusDbContext db, AccountUsage usage, IOptions<UsageOptions> options, TimeProvider time) : PageModel
{
    public string? Account { get; private set; }

    public string Address => "/dashboard/token-usage" + (Account is null ? "" : "?accountId=" + Uri.EscapeDataString(Account));

    public Fragment Results { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(string? accountId, CancellationToken cancellation)
    {
        Account = string.IsNullOrEmpty(accountId) ? null : accountId;
        Results = Account is null ? Fragment.Of<LimitsList>(("Accounts", await AccountsAsync(cancellation))) : await DetailAsync(Account, cancellation);
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }

    private async Task<List<AccountLimits>> AccountsAsync(CancellationToken cancellation)
    {
        var views = new LimitsViews(options.Value, time.GetUtcNow());
        var windows = await db.AccountWindows.AsNoTracking().ToListAsync(cancellation);
        var sums = await usage.ByDomainAsync(views.WindowStart, cancellation);
        var buckets = await usage.BucketsAsync(views.TrendStart, cancellation);
        var accounts = buckets.Keys.Union(windows.Select(window => window.AccountId)).Order(StringComparer.Ordinal);
        return [.. accounts.Select(account => views.Account(account, windows, sums, buckets.GetValueOrDefault(account, []))).OrderByDescending(account => account.Output)];
    }

    private async Task<Fragment> DetailAsync(string account, CancellationToken cancellation)
    {
        var views = new LimitsViews(options.Value, time.GetUtcNow());
        var zone = ViewerZone.Of(HttpContext);
        var windows = await db.AccountWindows.AsNoTracking().Where(window => window.AccountId == account).ToListAsync(cancellation);
        var sums = (await usage.ByDomainAsync(views.WindowStart, cancellation)).Where(sum => sum.AccountId == account).ToList();
        var buckets = await usage.BucketsAsync(account, views.TrendStart, cancellation);
        var days = await usage.DaysAsync(account, zone.StartOfDay(TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).Date.AddDays(-29)), zone, cancellation);
        return Fragment.Of<LimitsDetail>(("View", new AccountDetail(
            views.Account(account, windows, sums, buckets),
            views.Chart("Output tokens in the window, last 24 hours", buckets, TimeSpan.FromDays(1), TimeSpan.FromMinutes(5), zone),
            views.Chart("Output tokens in the window, last 7 days", buckets, TimeSpan.FromDays(7), TimeSpan.FromHours(1), zone),
            days)));
    }
}

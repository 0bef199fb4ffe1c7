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

/// <summary>Each account's windows, from the upstream's headers and from own sums; with <c>accountId</c> one account in detail, ten of its thirty days a page.</summary>
internal sealed class LimitsModel(NexusDbContext db, AccountUsage usage, IOptions<UsageOptions> options, TimeProvider time) : PageModel
{
    private const int Days = 30;
    private const int DaysOfPage = 10;

    public string? Account { get; private set; }

    /// <summary>What brings the page up to date: the days that are shown stay.</summary>
    public string Address { get; private set; } = "/dashboard/token-usage";

    public Fragment Results { get; private set; } = null!;

    /// <param name="skip">Days before today that are left out.</param>
    public async Task<IActionResult> OnGetAsync(string? accountId, int skip, CancellationToken cancellation)
    {
        Account = string.IsNullOrEmpty(accountId) ? null : accountId;
        skip = Math.Clamp(skip / DaysOfPage * DaysOfPage, 0, Days - DaysOfPage);
        if (Account is not null)
            Address = AddressOf(Account, skip);
        Results = Account is null ? Fragment.Of<LimitsList>(("Accounts", await AccountsAsync(cancellation))) : await DetailAsync(Account, skip, cancellation);
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

    private async Task<Fragment> DetailAsync(string account, int skip, CancellationToken cancellation)
    {
        var views = new LimitsViews(options.Value, time.GetUtcNow());
        var zone = ViewerZone.Of(HttpContext);
        var windows = await db.AccountWindows.AsNoTracking().Where(window => window.AccountId == account).ToListAsync(cancellation);
        var sums = (await usage.ByDomainAsync(views.WindowStart, cancellation)).Where(sum => sum.AccountId == account).ToList();
        var buckets = await usage.BucketsAsync(account, views.TrendStart, cancellation);
        var today = TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).Date;
        var days = await usage.DaysAsync(account, zone.StartOfDay(today.AddDays(1 - Days)), zone, cancellation);
        var last = DateOnly.FromDateTime(today).AddDays(-skip);
        var first = last.AddDays(1 - DaysOfPage);
        return Fragment.Of<LimitsDetail>(("View", new AccountDetail(
            views.Account(account, windows, sums, buckets),
            views.Chart("Output tokens in the window, last 24 hours", buckets, TimeSpan.FromDays(1), TimeSpan.FromMinutes(5), zone),
            views.Chart("Output tokens in the window, last 7 days", buckets, TimeSpan.FromDays(7), TimeSpan.FromHours(1), zone),
            [.. days.Where(day => day.Day >= first && (day.Day <= last || skip == 0))],
            days.Exists(day => day.Day < first) ? AddressOf(account, skip + DaysOfPage) : null,
            skip > 0 ? AddressOf(account, skip - DaysOfPage) : null)));
    }

    private static string AddressOf(string account, int skip) => $"/dashboard/token-usage?accountId={Uri.EscapeDataString(account)}{(skip == 0 ? "" : $"&skip={skip}")}";
}

using System.Globalization;
using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Prices;
using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;
using Nexus.Web.Usage.Repricing;

namespace Nexus.Web.Pages;

/// <summary>The prices in force, their history, what something would cost, and what re-pricing would change.</summary>
internal sealed class PricesModel(PriceBook prices, UnpricedModels unpriced, RepricePages repricing, JobRequests jobs, NexusDbContext db, IAntiforgery antiforgery, TimeProvider time) : PageModel
{
    public static IReadOnlyList<(string Name, string Title)> Classes { get; } =
        [("input", "Input tokens"), ("output", "Output tokens"), ("read", "Cache read"), ("write5m", "Cache write, 5 min"), ("write1h", "Cache write, 1 h")];

    public PriceList List { get; private set; } = null!;
    public bool Saved { get; private set; }
    public IReadOnlyList<UnpricedModel> Unpriced { get; private set; } = [];
    public IReadOnlyList<string> KnownModels { get; private set; } = [];
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;
    public string From { get; private set; } = "";
    public string To { get; private set; } = "";
    public Fragment Rules { get; private set; } = null!;
    public Fragment History { get; private set; } = null!;
    public Fragment Reprice { get; private set; } = null!;
    public Fragment? Tried { get; private set; }

    /// <summary>What the address asks for.</summary>
    public string? Asked(string name) => Request.Query[name].ToString() is { Length: > 0 } value ? value : null;

    public async Task<IActionResult> OnGetAsync(int? saved, DateTimeOffset? repricing, CancellationToken cancellation)
    {
        Saved = saved == prices.Newest?.Version;
        return await ShowAsync(repricing, cancellation);
    }

    /// <summary>What a model's tokens would cost at a time.</summary>
    public async Task<IActionResult> OnGetTryAsync(CancellationToken cancellation)
    {
        if (await prices.NewestAsync(cancellation) is not { } list)
            return NoPrices();
        Tried = Try(list);
        return Request.IsHtmx() ? new ComponentResult(Tried) : await ShowAsync(null, cancellation);
    }

    /// <summary>What re-pricing a period would change.</summary>
    public async Task<IActionResult> OnGetPreviewAsync(CancellationToken cancellation)
    {
        if (await prices.NewestAsync(cancellation) is not { } list)
            return NoPrices();
        var range = TimeRange.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow(), "30d");
        Reprice = range.Problem is { } problem ? RepriceFragment(("Problem", problem)) : RepriceFragment(("Preview", await repricing.PreviewAsync(list, range.From, range.To, cancellation)));
        return Request.IsHtmx() ? new ComponentResult(Reprice) : await ShowAsync(null, cancellation);
    }

    /// <summary>How far the job has come.</summary>
    public async Task<IActionResult> OnGetRunAsync(DateTimeOffset since, CancellationToken cancellation) =>
        Request.IsHtmx() ? new ComponentResult(RepriceFragment(("Run", await repricing.LastAsync(since, cancellation)))) : await ShowAsync(since, cancellation);

    public async Task<IActionResult> OnPostRepriceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (from >= to || from == default)
            Reprice = RepriceFragment(("Problem", "The period ends before it begins. Choose it again and look at the preview."));
        else if (await repricing.LastAsync(null, cancellation) is { Outcome: JobRuns.Running } running)
            Reprice = RepriceFragment(("Problem", "A re-pricing is running already; start the next when it is done."), ("Run", running));
        else
        {
            var actor = Actor.Of(HttpContext);
            db.Record(actor, now, "prices.reprice_requested", $"version {prices.Newest?.Version}", new { from, to });
            await db.SaveChangesAsync(cancellation);
            jobs.Start(RepriceJob.Id, new RepriceArguments(from.ToUniversalTime(), to.ToUniversalTime(), actor.Name, actor.Address));
            if (!Request.IsHtmx())
                return Redirect("/dashboard/prices?repricing=" + Uri.EscapeDataString(now.ToString("O", CultureInfo.InvariantCulture)) + "#re-price");
            Reprice = RepriceFragment(("Run", await repricing.LastAsync(now, cancellation)));
        }

        return Request.IsHtmx() ? new ComponentResult(Reprice) : await ShowAsync(null, cancellation);
    }

    private async Task<IActionResult> ShowAsync(DateTimeOffset? since, CancellationToken cancellation)
    {
        if (await prices.NewestAsync(cancellation) is not { } list)
            return NoPrices();
        var now = time.GetUtcNow();
        (List, Zone) = (list, ViewerZone.Of(HttpContext));
        From = Asked("from") ?? Local(now.AddDays(-30));
        // The form knows whole minutes: the one that has begun belongs to it.
        To = Asked("to") ?? Local(now.AddMinutes(1));
        Unpriced = [.. (await unpriced.ReadAsync(now.AddDays(-30), cancellation)).Select(model => model with { Named = !list.Find(model.Model, now, prompt: 0).Fallback })];
        KnownModels = [.. Unpriced.Select(model => model.Model)];
        Rules = Fragment.Of<PriceTable>(("Rules", Lines(list)));
        History = Fragment.Of<PriceHistory>(("Versions", Versions()), ("Open", -1));
        Reprice ??= RepriceFragment(("Run", await repricing.LastAsync(since, cancellation)));
        return Page();
    }

    private Fragment Try(PriceList list)
    {
        var counts = new long[Classes.Count];
        for (var i = 0; i < counts.Length; i++)
            if (!long.TryParse((Asked(Classes[i].Name) ?? "0").Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out counts[i]) || counts[i] > int.MaxValue)
                return Fragment.Of<PriceTried>(("Problem", $"'{Asked(Classes[i].Name)}' is no number of tokens."));
        var at = time.GetUtcNow();
        if (Asked("at") is { } text)
        {
            if (!DateTime.TryParseExact(text, ["yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) || local.Year is < 2 or > 9998)
                return Fragment.Of<PriceTried>(("Problem", $"'{text}' is not a time such as 2026-11-24T09:30."));
            at = ViewerZone.Of(HttpContext).Instant(local);
        }

        return Fragment.Of<PriceTried>(("Cost", CostExplanation.Of(list, Asked("model") ?? "", at, new TokenUsage(counts[0], counts[1], counts[3], counts[4], counts[2]))));
    }

    private Fragment RepriceFragment(params (string Name, object? Value)[] parameters) =>
        Fragment.Of<RepriceView>([.. parameters, ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken)]);

    /// <summary>Newest first, each with what it changed.</summary>
    private List<PriceVersionLine> Versions()
    {
        var versions = new List<PriceVersionLine>();
        PriceList? before = null;
        foreach (var list in prices.All)
        {
            var changes = before is null ? [] : PriceChanges.Between(before.Rules, list.Rules).Select(change => KeyValuePair.Create(change.Kind, change.Text)).ToList();
            versions.Add(new(list.Version, list.CreatedAt, list.CreatedBy, list.Note, changes, Lines(list)));
            before = list;
        }

        versions.Reverse();
        return versions;
    }

    private static List<PriceLine> Lines(PriceList list) => [.. list.Rules.Select(PriceForm.Line)];

    private string Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Zone).ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture);

    private static ContentResult NoPrices() => new() { StatusCode = StatusCodes.Status500InternalServerError, Content = "The table price_lists holds no valid version. Restore it from a backup, or import a list: nexus prices import FILE --note …", ContentType = "text/plain; charset=utf-8" };
}

using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Nexus.Web.Access.Keys;
using Nexus.Web.Pages.Tables;
using Xunit;

namespace Nexus.Web.Tests.Pages.Tables;

public sealed class KeyTableTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static readonly string?[] Sorts = ["name", "owner", "domain", "used", "expires", "made", "state", null];

    private static KeyLine Key(int id, int owner, int used) =>
        new($"key_{id}", $"name {id % 7}", $"owner {owner}", $"d{id % 2}.example", "wxyz", [], null, null, Noon.AddMinutes(id), "cli", used == 0 ? null : Noon.AddMinutes(used), null, null, null, null, owner == 0 ? "revoked" : "active");

    [Fact]
    public void Pages_of_any_order_give_each_key_that_matches_once() =>
        Gen.Select(Gen.Int[0, 3].Array[0, 350], Gen.Int[0, Sorts.Length - 1], Gen.Bool, Gen.Bool).Sample((owners, order, ascending, filtered) =>
        {
            var all = owners.Select((owner, i) => Key(i, owner, i % 5)).ToList();
            var table = KeyTable.Read(all, new QueryCollection(filtered ? new Dictionary<string, StringValues> { ["owner"] = "owner 1" } : new Dictionary<string, StringValues>()));
            var seen = new List<KeyLine>();
            for (string? after = null; ;)
            {
                var (page, next) = table.Page(Sorts[order], ascending, after);
                seen.AddRange(page);
                if ((after = next) is null)
                    break;
            }

            Assert.Equal(all.Where(key => !filtered || key.Owner == "owner 1").Select(key => key.Id).Order(), seen.Select(key => key.Id).Order());
        }, iter: 200);

    [Fact]
    public void Each_filter_counts_what_it_would_leave_under_the_others()
    {
        var table = KeyTable.Read([Key(0, 0, 0), Key(1, 1, 0), Key(2, 1, 0), Key(3, 2, 0)], new QueryCollection(new Dictionary<string, StringValues> { ["domain"] = "d0.example" }));
        Assert.Equal(["owner 0 (1)", "owner 1 (1)", "owner 2 (0)"], table.Owners.Select(option => option.Shown));
        Assert.Equal(["d0.example (2)", "d1.example (2)"], table.Domains.Select(option => option.Shown));
        Assert.Equal(["active (1)", "ending (0)", "expired (0)", "revoked (1)"], table.OfState.Select(option => option.Shown));
    }
}

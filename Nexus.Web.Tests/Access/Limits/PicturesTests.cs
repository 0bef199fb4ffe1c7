using System.Text;
using Nexus.Web.Access.Limits;
using Xunit;

namespace Nexus.Web.Tests.Access.Limits;

public sealed class PicturesTests
{
    private static readonly string Png = "iVBORw0KGgo" + new string('A', 4_000_000);

    [Fact]
    public void A_screenshot_of_megabytes_reserves_what_a_picture_costs_and_not_what_its_bytes_would_as_text()
    {
        var body = Body(Source("image/png", Png));
        Assert.Equal((1, Png.Length), Pictures.In(body));
        var estimate = Of(body);
        Assert.InRange(estimate.PromptTokens, Pictures.MostTokens, Pictures.MostTokens + 200);
        Assert.InRange(estimate.Micros, 1, 100_000);
    }

    [Theory]
    [InlineData("""{"data" : "PIC", "media_type":"image/jpeg","type":"base64"}""", "/9j/4AAQSkZJRg==", 1)]
    [InlineData("""{"type":"base64","data":"PIC"}""", "\\/9j\\/4AAQSkZJRg==", 1)]
    [InlineData("""{"type":"base64","data":"PIC"},{"type":"base64","data":"PIC"}""", "R0lGODlhAQABAAAAACw=", 2)]
    [InlineData("""{"type":"base64","data":"PIC"}""", "UklGRiIAAABXRUJQVlA4", 1)]
    [InlineData("""{"type":"text","media_type":"text/plain","data":"PIC"}""", "iVBORw0KGgoAAAANSUhEUg", 0)]
    [InlineData("""{"type":"base64","media_type":"application/pdf","data":"PIC"}""", "JVBERi0xLjcKJcTl8uXrp", 0)]
    [InlineData("""{"type":"base64","data":"PIC"}""", "iVBORw0KGgo and then a whole book in words", 0)]
    [InlineData("""{"type":"base64","data":"PIC""", "", 0)]
    [InlineData("""{"type":"base64","data":7,"other":"PIC"}""", "/9j/4AAQSkZJRg==", 0)]
    [InlineData("""{"type":"text","text":"\"base64\" \"data\":\"PIC\""}""", "/9j/4AAQSkZJRg==", 0)]
    public void Only_what_is_a_picture_from_first_to_last_is_one(string source, string data, int pictures) =>
        Assert.Equal(pictures, Pictures.In(Body(source.Replace("PIC", data, StringComparison.Ordinal))).Count);

    [Fact]
    public void Nothing_reserves_more_than_the_largest_window_and_a_write_for_an_hour_reserves_its_price()
    {
        Assert.Equal(Estimate.MostPrompt, Of(Body(Source("application/pdf", "JVBERi0" + new string('x', 6_000_000)))).PromptTokens);
        var (fiveMinutes, anHour) = (Of(Body("""{"cache_control":{"type":"ephemeral","ttl":"5m"}}""")), Of(Body("""{"cache_control":{"type":"ephemeral","ttl":"1h"}}""")));
        Assert.Equal(fiveMinutes.PromptTokens, anHour.PromptTokens);
        Assert.True(anHour.Micros > fiveMinutes.Micros);
    }

    private static string Source(string type, string data) => $$$"""{"type":"image","source":{"type":"base64","media_type":"{{{type}}}","data":"{{{data}}}"}}""";

    private static byte[] Body(string block) => Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{"role":"user","content":[{{block}}]}],"max_tokens":100}""");

    private static Estimate Of(byte[] body) => Estimate.Of(null, "m", DateTimeOffset.UnixEpoch, body, 100);
}

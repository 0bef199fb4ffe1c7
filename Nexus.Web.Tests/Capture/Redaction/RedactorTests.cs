using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Capture.Redaction;
using Xunit;

namespace Nexus.Web.Tests.Capture.Redaction;

public sealed partial class RedactorTests
{
    internal static readonly Redactor Redactor = new(Options.Create(new CaptureOptions { Level = "redacted", Redact = @"PROJECT-\d+ Zauberwort" }));

    [Theory]
    [InlineData("use sk-ant-api03-AbCdEfGhIjKl_-9 now", "use [redacted:secret] now")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "[redacted:secret]")]
    [InlineData("Authorization: Bearer abcdefghijklmnop1234", "Authorization: [redacted:secret]")]
    [InlineData("postgres://ada:hunter22@db/x", "postgres[redacted:secret]db/x")]
    [InlineData("DB_PASSWORD=correcthorse", "[redacted:secret]")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "[redacted:secret]\nafter")]
    [InlineData("mail ada.lovelace+x@example.co.uk!", "mail [redacted:email]!")]
    [InlineData("card 4111 1111 1111 1111, thanks", "card [redacted:card], thanks")]
    [InlineData("card 4111-1111-1111-1111", "card [redacted:card]")]
    [InlineData("12 4111111111111111", "12 [redacted:card]")]
    [InlineData("not 4111111111111112", "not 4111111111111112")]
    [InlineData("at 1764063525000 ms", "at 1764063525000 ms")]
    [InlineData("id 41111111111111111111111111", "id 41111111111111111111111111")]
    [InlineData("see PROJECT-42", "see [redacted:pattern]")]
    [InlineData("nothing here: max_tokens=64000, a@b", "nothing here: max_tokens=64000, a@b")]
    public void Secrets_addresses_cards_and_own_patterns_are_replaced_and_nothing_else(string text, string kept) => Assert.Equal(kept, Redactor.Redact(text));

    [Theory]
    [InlineData("""{"a":"sk\u002dant-api03-AbCdEfGhIjKl"}""", """{"a":"[redacted:secret]"}""")]
    [InlineData("""{"ada@example.com": 1 }""", """{"[redacted:email]": 1 }""")]
    [InlineData("""{"card":4111111111111111,"n":4111111111111112}""", """{"card":"[redacted:card]","n":4111111111111112}""")]
    [InlineData("""{ "password" : "x" , "properties":{"password":{"type":"string"}}}""", """{ "password" : "[redacted:secret]" , "properties":{"password":{"type":"string"}}}""")]
    [InlineData("""{"input":{"command":"echo \"ada@example.com\"\n"}}""", """{"input":{"command":"echo \"[redacted:email]\"\n"}}""")]
    [InlineData("""{"a":"\ud800 sk-ant-api03-AbCdEfGhIjKl"}""", """{"a":"[redacted:unreadable]"}""")]
    [InlineData("no json ada@example.com", "\"[redacted:unreadable]\"")]
    public void In_json_only_what_is_found_changes(string json, string kept) => Assert.Equal(kept, Json(json));

    [Theory]
    [InlineData("A=1\nghp_AbCdEfGhIjKlMnOpQrStUv\nB=2", "A=1\n[redacted:secret]\nB=2")]
    [InlineData("""{"user":"ada","password":"all of my words"}""", """{"user":"ada","[redacted:secret]"}""")]
    [InlineData("""{"user":"ada","api_key":"a\"b","n":1}""", """{"user":"ada","[redacted:secret]","n":1}""")]
    [InlineData("to\tada@example.com\n", "to\t[redacted:email]\n")]
    [InlineData("DB_PASSWORD=correcthorse", "[redacted:secret]")]
    public void What_is_escaped_once_more_with_each_level_of_json_in_json_is_found_and_what_is_left_can_be_read(string text, string kept)
    {
        for (var level = 0; level <= 5; level++)
        {
            var left = Redactor.Redact(text);
            for (var i = 0; i < level; i++)
                left = JsonNode.Parse(left)!.GetValue<string>();
            Assert.Equal(kept, left);
            text = JsonSerializer.Serialize(text, Relaxed);
        }
    }

    [Fact]
    public void An_address_written_in_escapes_is_found_at_every_level() =>
        Gen.Int[0, 4].Select(Gen.String[Gen.Char["ab \n\"\\"], 0, 20], Gen.String[Gen.Char["ab \n\"\\"], 0, 20]).Sample((levels, before, after) =>
        {
            var text = $"{before} ada@example.com {after}";
            for (var i = 0; i < levels; i++)
                text = JsonSerializer.Serialize(text, Relaxed);
            text = text.Replace("@", levels > 0 ? "\\u0040" : "@", StringComparison.Ordinal);
            var left = Redactor.Redact(text);
            return left.Contains("[redacted:email]", StringComparison.Ordinal) && !left.Contains("example", StringComparison.Ordinal);
        });

    [Fact]
    public void Json_without_anything_to_hide_stays_byte_for_byte() =>
        Gen.String[Gen.Char["abc \"\\{}[]:,0123456789äß\n"], 0, 60].Where(text => !MayBeACard().IsMatch(text)).List[0, 8].Sample(texts =>
        {
            var json = new JsonArray([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]).ToJsonString();
            return Json(json) == json;
        });

    /// <summary>By chance enough digits in a row add up to a card number, which is something to hide.</summary>
    [GeneratedRegex("([0-9][ -]?){12}")]
    private static partial Regex MayBeACard();

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Json(string json)
    {
        var kept = new ArrayBufferWriter<byte>();
        JsonRedactor.Write(Redactor, Encoding.UTF8.GetBytes(json), kept);
        return Encoding.UTF8.GetString(kept.WrittenSpan);
    }
}

using Nexus.Web.Operations.Logs;
using Xunit;

namespace Nexus.Web.Tests.Operations.Logs;

public sealed class SecretMaskTests
{
    private const string Canary = "CANARY";
    private readonly SecretMask _mask = new();

    [Theory]
    [InlineData("Authorization: Bearer cnp_live_CANARY")]
    [InlineData("authorization: CANARY")]
    [InlineData("Bearer CANARY-x.y/z+1=")]
    [InlineData("bearer   CANARY")]
    [InlineData("Authorization: Basic Q0FOQVJZ CANARY")]
    [InlineData("a sk-ant-api03-CANARY_x-y in the middle")]
    [InlineData("SK-ANT-oat01-CANARY")]
    [InlineData("cnp_test_CANARY")]
    [InlineData("nxd_CANARY")]
    [InlineData("postgres://nexus:CANARY@db:5432/x")]
    [InlineData("postgresql://nexus:a/CANARY@b@db:5432/x")]
    [InlineData("http://user:CANARY@proxy:3128/")]
    [InlineData("Host=db;Username=nexus;Password=CANARY x;Database=y")]
    [InlineData("Host=db;Pwd='CANARY;x';Database=y")]
    [InlineData("x-api-key: CANARY")]
    [InlineData("X-Dashboard-Key: CANARY")]
    [InlineData("Cookie: a=1; nexus_session=CANARY; b=2")]
    [InlineData("set-cookie: nexus_session=CANARY; path=/")]
    [InlineData("{\"client_api_key\":\"CANARY\"}")]
    [InlineData("{\"refresh_token\": \"CANARY\", \"accessToken\": \"CANARY\"}")]
    [InlineData("/callback?api_key=CANARY&x=1")]
    [InlineData("two lines\nx-api-key: CANARY\nmore")]
    public void A_secret_is_masked(string text)
    {
        var masked = _mask.Apply(text);
        Assert.DoesNotContain(Canary, masked, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(SecretMask.Masked, masked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Incoming request")]
    [InlineData("/v1/messages/count_tokens")]
    [InlineData("PostgreSQL at 127.0.0.1 is ready.")]
    [InlineData("The key is wrong. See https://docs.example/keys?x=1")]
    [InlineData("postgres://user:password@host/database")]
    [InlineData("http://127.0.0.1:3000/foo?mail=a@b.example")]
    [InlineData("DASHBOARD_API_KEY is not set: a key was made and is kept in /data/keys/dashboard-api-key.")]
    [InlineData("DATABASE_URL and DATABASE_URL_FILE are both set")]
    public void Other_text_is_left_alone(string text) => Assert.Equal(text, _mask.Apply(text));

    [Fact]
    public void What_surrounds_a_secret_stays_readable() =>
        Assert.Equal("Host=db;Password=****;Database=y, then Bearer **** and sk-ant-****!", _mask.Apply("Host=db;Password=one two;Database=y, then Bearer abcdef and sk-ant-api03-x!"));

    [Fact]
    public void A_known_value_is_masked_wherever_it_stands()
    {
        Assert.Equal("see hunter2-CANARY", _mask.Apply("see hunter2-CANARY"));
        _mask.Learn("hunter2-CANARY");
        _mask.Learn("short");
        Assert.Equal("see ****, short", _mask.Apply("see hunter2-CANARY, short"));
    }

    [Fact]
    public void Known_values_are_bounded_and_the_newest_count()
    {
        for (var i = 0; i < 1100; i++)
            _mask.Learn($"value-number-{i}!");
        Assert.Equal(["****", "value-number-0!"], [_mask.Apply("value-number-1099!"), _mask.Apply("value-number-0!")]);
    }

    [Theory]
    [InlineData("x-api-key: ")]
    [InlineData("postgres://a:")]
    [InlineData("a-api-key-")]
    [InlineData("Bearer ")]
    [InlineData("password=\"")]
    public void Hostile_text_costs_little(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 64 * 1024 / piece.Length));
        var before = Environment.TickCount64;
        _mask.Apply(text);
        Assert.InRange(Environment.TickCount64 - before, 0, 5000);
    }

    [Theory]
    [InlineData("Authorization", true)]
    [InlineData("ClientApiKey", true)]
    [InlineData("Password", true)]
    [InlineData("Cookie", true)]
    [InlineData("InputTokens", false)]
    [InlineData("Path", false)]
    public void Names_tell_what_is_never_shown(string name, bool hidden) => Assert.Equal(hidden, SecretMask.Hides(name));
}

using System.Net;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Access;
using Xunit;

namespace Nexus.Web.Tests.Access;

public sealed class LoginThrottleTests
{
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Wrong_keys_cost_twice_the_wait_each_time_up_to_a_minute()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < LoginThrottle.Free; i++)
            Assert.Null(throttle.Begin(One));
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            Assert.Null(throttle.Begin(One));
            Assert.Equal(TimeSpan.FromSeconds(seconds), throttle.Begin(One));
            _time.Advance(TimeSpan.FromSeconds(seconds));
        }
    }

    [Fact]
    public void The_right_key_and_a_quarter_of_an_hour_wipe_the_slate()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i <= LoginThrottle.Free; i++)
            throttle.Begin(One);
        Assert.NotNull(throttle.Begin(One));
        throttle.Succeeded(One);
        Assert.Null(throttle.Begin(One));
        for (var i = 0; i <= LoginThrottle.Free; i++)
            throttle.Begin(One);
        _time.Advance(TimeSpan.FromMinutes(16));
        for (var i = 0; i < LoginThrottle.Free; i++)
            Assert.Null(throttle.Begin(One));
    }

    [Fact]
    public void Addresses_do_not_slow_each_other_but_one_network_of_IPv6_is_one_address()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i <= LoginThrottle.Free; i++)
            throttle.Begin(IPAddress.Parse($"2001:db8::{i + 1}"));
        Assert.NotNull(throttle.Begin(IPAddress.Parse("2001:db8::ffff")));
        Assert.Null(throttle.Begin(IPAddress.Parse("2001:db8:0:1::1")));
        Assert.Null(throttle.Begin(One));
    }

    [Fact]
    public void Memory_is_bounded_whoever_calls()
    {
        var throttle = new LoginThrottle(_time);
        for (var i = 0; i < LoginThrottle.MostAddresses + 500; i++)
            throttle.Begin(new IPAddress(BitConverter.GetBytes(i)));
        Assert.Equal(LoginThrottle.MostAddresses, throttle.Count);
    }

    [Fact]
    public async Task Many_attempts_at_once_are_no_way_around_it()
    {
        var throttle = new LoginThrottle(_time);
        var allowed = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => throttle.Begin(One) is null)));
        Assert.Equal(LoginThrottle.Free + 1, allowed.Count(yes => yes));
    }
}

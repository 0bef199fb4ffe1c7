using Microsoft.Extensions.Configuration;
using Nexus.Web.Configuration;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Configuration;

public sealed class SecretFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-secret-").FullName;

    public static TheoryData<string> Secrets => [.. Variables.All.Where(variable => variable.Secret).Select(variable => variable.Name)];

    [Theory]
    [MemberData(nameof(Secrets))]
    public void Every_secret_may_stand_in_a_file(string name)
    {
        var reader = new VariableReader(Environment((name + "_FILE", Write("  value with spaces \r\n"))));
        Assert.Equal("  value with spaces ", Assert.Single(reader.Read()).Value);
        Assert.Empty(reader.Problems);
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void A_secret_that_is_set_twice_is_refused(string name)
    {
        var reader = new VariableReader(Environment((name, "one"), (name + "_FILE", Write("two"))));
        reader.Read();
        Assert.Equal($"{name} and {name}_FILE are both set: keep one of them.", Assert.Single(reader.Problems));
    }

    [Fact]
    public void A_secret_set_by_its_older_name_and_by_a_file_is_refused()
    {
        var reader = new VariableReader(Environment(("INTERNAL_API_KEY", "one"), ("DASHBOARD_API_KEY_FILE", Write("two"))));
        reader.Read();
        Assert.Contains("INTERNAL_API_KEY and DASHBOARD_API_KEY_FILE", Assert.Single(reader.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere/key", "cannot be read")]
    [InlineData("/proc", "cannot be read")]
    [InlineData("/dev/null", "is empty")]
    public void A_file_without_a_secret_is_refused(string path, string reason)
    {
        var reader = new VariableReader(Environment(("DASHBOARD_API_KEY_FILE", path)));
        reader.Read();
        var problem = Assert.Single(reader.Problems);
        Assert.StartsWith($"DASHBOARD_API_KEY_FILE is '{path}'", problem, StringComparison.Ordinal);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_secrets_come_from_files() => Assert.Empty(new VariableReader(Environment(("HOST_FILE", Write("127.0.0.1")))).Read());

    [Fact]
    public async Task The_binary_takes_its_key_from_the_file()
    {
        await using var nexus = NexusProcess.Start(_directory, ("DASHBOARD_API_KEY", null), ("DASHBOARD_API_KEY_FILE", Write("key-from-a-file\n")));
        var (proxy, _) = await nexus.ListeningAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/stats") { Headers = { { "X-Dashboard-Key", "key-from-a-file" } } };
        using var answer = await proxy.SendAsync(request);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, answer.StatusCode); // let in, to a database that is away
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static Func<string, string?> Environment(params (string Name, string Value)[] variables) => name => variables.FirstOrDefault(variable => variable.Name == name).Value;

    private string Write(string text)
    {
        var path = Path.Combine(_directory, "secret");
        File.WriteAllText(path, text);
        return path;
    }
}

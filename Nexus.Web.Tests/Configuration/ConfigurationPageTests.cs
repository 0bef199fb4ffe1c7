using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Nexus.Web.Configuration;
using Xunit;

namespace Nexus.Web.Tests.Configuration;

public sealed class ConfigurationPageTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "..", "..", ".."));

    [Fact]
    public void The_page_is_what_the_table_says() =>
        Assert.Equal(ConfigurationPage.Write(Defaults()), File.ReadAllText(Path.Combine(Root, "docs", "configuration.md")));

    [Fact]
    public void Every_variable_fills_a_key_of_appsettings() =>
        Assert.All(Variables.All, variable => Assert.True(Defaults().GetSection(variable.Key).Exists(), variable.Key));

    private static IConfiguration Defaults() => new ConfigurationBuilder().AddJsonFile(Path.Combine(Root, "appsettings.json")).Build();

    private static string Here([CallerFilePath] string path = "") => path;
}

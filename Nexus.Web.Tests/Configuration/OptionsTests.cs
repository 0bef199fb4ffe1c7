using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Nexus.Web.Configuration;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Configuration;

/// <summary>appsettings.json, the options and the variables say the same.</summary>
public sealed partial class OptionsTests
{
    /// <summary>Sections that libraries read.</summary>
    private static readonly string[] Libraries = ["Logging", "ReverseProxy"];

    private static readonly IConfiguration Settings = new ConfigurationBuilder().AddJsonFile(Path.Combine(Scripts.Repository, "appsettings.json")).Build();

    private static readonly Dictionary<string, Type> Options = typeof(Program).Assembly.GetTypes()
        .Where(type => type.GetField("Section")?.IsLiteral == true)
        .ToDictionary(type => (string)type.GetField("Section")!.GetRawConstantValue()!);

    [Fact]
    public void Every_section_of_appsettings_is_somebody_s() =>
        Assert.Equal(Options.Keys.Concat(Libraries).Order(), Settings.GetChildren().Select(section => section.Key).Order());

    [Fact]
    public void Every_key_of_appsettings_binds_to_an_option() => Assert.All(Options, pair =>
        // Throws for a key without a property.
        Assert.NotNull(Settings.GetSection(pair.Key).Get(pair.Value, binder => binder.ErrorOnUnknownConfiguration = true)));

    [Fact]
    public void Every_option_has_its_key_in_appsettings() => Assert.All(Options, pair =>
        Assert.All(Settable(pair.Value), property => Assert.True(Settings.GetSection($"{pair.Key}:{property.Name}").Exists(), $"{pair.Key}:{property.Name}")));

    [Fact]
    public void Every_option_is_read_somewhere()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Scripts.Repository, "Nexus.Web"), "*.cs", SearchOption.AllDirectories).ToDictionary(path => path, File.ReadAllText);
        Assert.All(Options.Values, type => Assert.All(Settable(type), property => Assert.True(
            // Options may make something of their values themselves.
            sources.Any(source => Regex.IsMatch(source.Value, $@"\.{property.Name}\b") || (Path.GetFileName(source.Key) == type.Name + ".cs" && Regex.IsMatch(source.Value, $@"=>.*\b{property.Name}\b"))),
            $"{type.Name}.{property.Name} is read by nobody")));
    }

    [Fact]
    public void Every_variable_has_a_default_that_it_accepts_and_an_option_that_it_fills() => Assert.All(Variables.All, variable =>
    {
        var (section, property) = (variable.Key.Split(':')[0], variable.Key.Split(':')[1]);
        Assert.Contains(Settable(Options[section]), candidate => candidate.Name == property);
        var value = Settings[variable.Key];
        Assert.NotNull(value);
        if (value.Length > 0)
            variable.Accepts.Read(value);
    });

    [Fact]
    public void No_two_variables_share_a_name_or_a_key()
    {
        Assert.Distinct(Variables.All.SelectMany(variable => variable.Names));
        Assert.Distinct(Variables.All.Select(variable => variable.Key));
    }

    [Fact]
    public void The_example_of_an_environment_knows_only_variables_that_somebody_reads()
    {
        var known = Variables.All.SelectMany(variable => variable.Names.Append(variable.Name + "_FILE")).ToHashSet();
        var compose = File.ReadAllText(Path.Combine(Scripts.Repository, "compose.yaml"));
        var named = Example().Matches(File.ReadAllText(Path.Combine(Scripts.Repository, ".env.example"))).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.True(known.Contains(name) || name == "COMPOSE_PROFILES" || compose.Contains("${" + name, StringComparison.Ordinal), name));
    }

    private static PropertyInfo[] Settable(Type type) => [.. type.GetProperties().Where(property => property.CanWrite)];

    [GeneratedRegex(@"^#?([A-Z_]+)=", RegexOptions.Multiline)]
    private static partial Regex Example();
}

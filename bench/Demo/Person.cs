using System.Security.Cryptography;
using System.Text;

namespace Nexus.Bench.Demo;

/// <summary>Somebody with Claude Code, or a program: a credential and a machine of its own, both invented.</summary>
internal sealed record Person(string Name)
{
    public string Token { get; } = $"sk-ant-demo-{Name}-{Digest(Name, "token")[..24]}";

    public string Device { get; } = Digest(Name, "device");

    private static string Digest(string name, string of) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{name} {of}")));
}

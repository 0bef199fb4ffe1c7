namespace Nexus.Web.Configuration;

/// <summary>Settings that Nexus cannot start with, all of them at once. Each problem names its variable, what it got (never a secret's value) and what it accepts.</summary>
internal sealed class ConfigurationProblemsException(IReadOnlyList<string> problems) : Exception(string.Join(' ', problems))
{
    public IReadOnlyList<string> Problems => problems;
}

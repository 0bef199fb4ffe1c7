using System.Buffers;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Cli;

/// <summary>Why Nexus does not run: the last line of its log, as JSON where that is JSON.</summary>
internal static class StartFailure
{
    /// <param name="started">It ran, and what failed is its stop.</param>
    public static int Write(Exception error, bool started = false)
    {
        var what = started ? "Nexus could not stop as it should" : "Nexus does not start";
        var mask = new SecretMask();
        if (!Console.IsOutputRedirected)
        {
            Console.Error.WriteLine(mask.Apply(what + ":" + string.Concat(Reasons(error).Select(reason => Environment.NewLine + "  " + reason))));
            return 1;
        }

        var line = new ArrayBufferWriter<byte>();
        using var format = new JsonLogFormat(mask);
        format.Write(line, new(
            TimeProvider.System.GetUtcNow(), LogLevel.Error, "Cli", error is ConfigurationProblemsException ? "invalid_configuration" : started ? "stop_failed" : "start_failed",
            $"{what}. {string.Join(' ', Reasons(error))}", [], IsExpected(error) ? null : error, null));
        using var output = Console.OpenStandardError();
        output.Write(line.WrittenSpan);
        return 1;
    }

    /// <summary>Errors whose message is for the operator; of others the stack trace is needed too.</summary>
    public static bool IsExpected(Exception error) => error is ConfigurationProblemsException or Microsoft.Extensions.Options.OptionsValidationException or IOException or UnauthorizedAccessException;

    private static IEnumerable<string> Reasons(Exception error) => error switch
    {
        ConfigurationProblemsException configuration => configuration.Problems,
        Microsoft.Extensions.Options.OptionsValidationException options => options.Failures,
        _ => [IsExpected(error) || Console.IsOutputRedirected ? error.Message : error.ToString()],
    };
}

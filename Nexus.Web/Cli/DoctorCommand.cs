using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Credentials;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Doctor;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;

namespace Nexus.Web.Cli;

/// <summary><c>nexus doctor</c>: what is wrong, and what to do; also when Nexus does not start. Exit code 1 when something fails.</summary>
internal static class DoctorCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Prints JSON." };
        var command = new Command("doctor", "Looks at configuration, ports, permissions, disk, memory, names, database, credentials, upstream, clock and backups, and says what to do. It changes nothing.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var lines = await ExamineAsync(null, cancellation);
            var healthy = lines.All(line => line.Status != HealthStatus.Unhealthy);
            Console.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { healthy, checks = lines }, Json) : Text(lines));
            return healthy ? 0 : 1;
        });
        return command;
    }

    /// <param name="settings">Win over the environment (tests).</param>
    public static async Task<IReadOnlyList<Diagnosis>> ExamineAsync(IReadOnlyDictionary<string, string?>? settings, CancellationToken cancellation)
    {
        var usable = UsableSettings.Read(settings);
        await using var app = CliHost.Build(builder =>
        {
            builder.Services.AddOptions<ListeningOptions>().BindConfiguration(ListeningOptions.Section);
            builder.Services.AddOptions<ProxyOptions>().BindConfiguration(ProxyOptions.Section);
            builder.Services.AddOptions<HealthOptions>().BindConfiguration(HealthOptions.Section);
            builder.AddStorage();
            builder.AddCredentialFiles();
            builder.AddBackups();
            builder.AddProbes();
        }, usable.Settings);
        var mask = app.Services.GetRequiredService<SecretMask>();
        var lines = await new Examination(app.Services, usable).RunAsync(cancellation);
        return [.. lines.Select(line => line with { Summary = mask.Apply(line.Summary) })];
    }

    private static string Text(IReadOnlyList<Diagnosis> lines)
    {
        var width = lines.Max(line => line.Title.Length) + 2;
        var text = lines.Select(line => $"{line.State switch { "ok" => "OK", var word => word.ToUpperInvariant() },-9}{line.Title.PadRight(width)}{line.Summary}" + (line.Fix is { } fix ? $"{Environment.NewLine}{new string(' ', 9 + width)}> {fix}" : ""));
        var (failures, warnings) = (lines.Count(line => line.State == "failure"), lines.Count(line => line.State == "warning"));
        return string.Join(Environment.NewLine, text) + Environment.NewLine + (failures + warnings == 0 ? "All is well." : $"Failures: {failures}. Warnings: {warnings}.");
    }
}

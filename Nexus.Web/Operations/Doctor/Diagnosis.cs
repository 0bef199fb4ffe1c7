using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Operations.Health;

namespace Nexus.Web.Operations.Doctor;

/// <summary>One line of <c>nexus doctor</c>.</summary>
internal sealed record Diagnosis(string Name, string Title, [property: JsonIgnore] HealthStatus Status, string Summary, string? Fix)
{
    public string State => Finding.Word(Status);

    public static Diagnosis Of(string name, string title, Finding finding) => new(name, title, finding.Status, finding.Text, finding.Fix);
}

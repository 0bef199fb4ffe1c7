namespace Nexus.Web.Conformance;

/// <summary>A request as it reached the upstream.</summary>
internal sealed record Arrived(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    public IEnumerable<string> All(string name) => Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);
}

/// <summary>An answer as it reached the client.</summary>
/// <param name="Status">Null when the connection ended before there was one.</param>
/// <param name="Whole">False when the connection was destroyed before the answer's end.</param>
internal sealed record Answer(int? Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, bool Whole)
{
    public IEnumerable<string> All(string name) => Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    public string Text => System.Text.Encoding.UTF8.GetString(Body);
}

/// <summary>The secrets of one run. They print nothing of themselves.</summary>
/// <param name="Nexus">The client's key.</param>
/// <param name="Account">What the upstream must see in its place.</param>
/// <param name="Token">The same at the domain with an OAuth token.</param>
internal sealed record RunSecrets(string Nexus, string Account, string Token)
{
    public override string ToString() => nameof(RunSecrets);
}

/// <summary>What both ends saw.</summary>
/// <param name="Host">That the client asked.</param>
/// <param name="HeldBack">The first piece that the client got only after the next was due; null when there was none.</param>
/// <param name="UpstreamLeft">The upstream saw its caller leave.</param>
internal sealed record Observed(Check Check, IReadOnlyList<Arrived> Arrived, IReadOnlyList<Answer> Answers, RunSecrets Secrets, string Host, int? HeldBack, bool UpstreamLeft)
{
    public Ask Ask => Check.Ask;

    public Reply Reply => Check.Reply;

    public Answer Answer => Answers[0];
}

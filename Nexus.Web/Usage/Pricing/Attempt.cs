namespace Nexus.Web.Usage.Pricing;

/// <summary>One sampling that is billed on its own.</summary>
/// <param name="Model">Null: the answer's own model.</param>
internal readonly record struct Attempt(string? Model, TokenUsage Tokens);

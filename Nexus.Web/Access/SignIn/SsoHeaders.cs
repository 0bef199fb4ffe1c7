using Microsoft.Extensions.Options;
using Nexus.Web.Listening;

namespace Nexus.Web.Access.SignIn;

/// <summary>Who asks, as a proxy says that the operator trusts. From anybody else these headers say nothing.</summary>
internal sealed class SsoHeaders(IOptions<SignInOptions> options)
{
    private const int MostGroups = 200;
    private readonly IReadOnlyList<string> _names = SignInOptions.List(options.Value.SsoHeaders);

    public bool IsOn => _names.Count > 0;

    /// <summary>Null when no trusted proxy says anything.</summary>
    public Person? Read(HttpContext context)
    {
        if (!IsOn || context.Features.Get<TrustedProxies.Passed>() is null)
            return null;
        var headers = context.Request.Headers;
        // Those that are there must agree: of one that the proxy does not set, and so does not take away, a client could write another name.
        if (_names.Where(headers.ContainsKey).Select(name => headers[name] is [{ } one] ? one.Trim() : "").Distinct(StringComparer.Ordinal).ToList() is not [{ Length: > 0 } value])
            return null;
        IReadOnlyList<string> groups = options.Value.SsoGroupsHeader is { Length: > 0 } header
            ? [.. headers[header].SelectMany(line => SignInOptions.List(line ?? "")).Take(MostGroups)] : [];
        return new(value, "sso", groups);
    }
}

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
        // The first that is there holds, also when it holds nothing good: a proxy that sets one must not be got round by another.
        if (_names.FirstOrDefault(headers.ContainsKey) is not { } name || headers[name] is not [{ Length: > 0 } value])
            return null;
        IReadOnlyList<string> groups = options.Value.SsoGroupsHeader is { Length: > 0 } header
            ? [.. headers[header].SelectMany(line => SignInOptions.List(line ?? "")).Take(MostGroups)] : [];
        return new(value.Trim(), "sso", groups);
    }
}

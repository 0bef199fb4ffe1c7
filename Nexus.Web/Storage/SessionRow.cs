namespace Nexus.Web.Storage;

/// <summary>Somebody's time on the dashboard, from signing in to its end (table <c>dashboard_sessions</c>).</summary>
internal sealed class SessionRow
{
    /// <summary><c>ses_</c> and 22 characters. It opens nothing by itself: tickets are sealed.</summary>
    public required string Id { get; set; }

    public required string Person { get; set; }

    /// <summary><c>key</c>, <c>oidc</c> or <c>sso</c>.</summary>
    public required string Way { get; set; }

    /// <summary>As it was when they signed in.</summary>
    public required string Role { get; set; }

    public string? Address { get; set; }

    /// <summary>At most 200 characters.</summary>
    public string? UserAgent { get; set; }

    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>Written at most once a minute.</summary>
    public required DateTimeOffset LastSeenAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }
    public string? EndedBy { get; set; }
}

/// <summary>That somebody may see the content of others for a while (table <c>content_grants</c>).</summary>
internal sealed class ContentGrantRow
{
    public required Guid Id { get; set; }

    /// <summary>A person's name; a session's id for who came with the key.</summary>
    public required string Grantee { get; set; }

    public required string Person { get; set; }
    public required string Reason { get; set; }
    public required DateTimeOffset GrantedAt { get; set; }

    /// <summary>Earlier than it was granted for when it was given back.</summary>
    public required DateTimeOffset EndsAt { get; set; }
}

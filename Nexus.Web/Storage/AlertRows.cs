namespace Nexus.Web.Storage;

/// <summary>What an operator changed of an alert rule (table <c>alert_rules</c>); a rule without a row is as the code says.</summary>
internal sealed class AlertRuleRow
{
    /// <summary>Id of the rule, as in <c>Operations/Alerts/AlertRules.cs</c>.</summary>
    public required string Rule { get; set; }

    public bool Enabled { get; set; }

    /// <summary>In the rule's unit.</summary>
    public double Threshold { get; set; }

    /// <summary>How long the condition must hold before it fires.</summary>
    public int ForSeconds { get; set; }

    /// <summary>How long it must be over before the alert is resolved.</summary>
    public int ClearSeconds { get; set; }

    /// <summary>Between messages of one that goes on; 0: one message is enough.</summary>
    public int RenotifySeconds { get; set; }

    /// <summary><c>warning</c> or <c>critical</c>.</summary>
    public required string Severity { get; set; }

    /// <summary>Names of the channels that are told; null: all that are set up.</summary>
    public string[]? Channels { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }

    public required string UpdatedBy { get; set; }
}

/// <summary>One occurrence of an alert, from its first sign to its end (table <c>alerts</c>).</summary>
internal sealed class AlertRow
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; set; }

    public required string Rule { get; set; }

    /// <summary>What it is about: an account, a job, a node; empty where there is only one.</summary>
    public required string Subject { get; set; }

    public required string Severity { get; set; }

    /// <summary><c>pending</c>, <c>firing</c>, <c>acknowledged</c> or <c>resolved</c>.</summary>
    public required string State { get; set; }

    /// <summary>One line for people, as of the last look.</summary>
    public required string Summary { get; set; }

    public double Value { get; set; }

    public double Threshold { get; set; }

    /// <summary>Address on the dashboard where it can be looked into.</summary>
    public string? Href { get; set; }

    public required DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset? FiredAt { get; set; }

    /// <summary>Since when its condition has not held; null while it holds.</summary>
    public DateTimeOffset? ClearSince { get; set; }

    /// <summary>When channels were last told.</summary>
    public DateTimeOffset? NotifiedAt { get; set; }

    public DateTimeOffset? AcknowledgedAt { get; set; }

    public string? AcknowledgedBy { get; set; }

    public DateTimeOffset? ResolvedAt { get; set; }
}

/// <summary>A time in which nobody is told of some alerts (table <c>alert_silences</c>).</summary>
internal sealed class AlertSilenceRow
{
    public required Guid Id { get; set; }

    /// <summary>Empty: every rule.</summary>
    public required string Rule { get; set; }

    /// <summary>Empty: every subject.</summary>
    public required string Subject { get; set; }

    public required DateTimeOffset StartsAt { get; set; }

    public required DateTimeOffset EndsAt { get; set; }

    public required string Reason { get; set; }

    public required DateTimeOffset CreatedAt { get; set; }

    public required string CreatedBy { get; set; }
}

/// <summary>One message to one channel (table <c>alert_deliveries</c>).</summary>
internal sealed class AlertDeliveryRow
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; set; }

    /// <summary><c>slack</c>, <c>webhook</c> or <c>email</c>.</summary>
    public required string Channel { get; set; }

    /// <summary><c>alert</c>, <c>report</c> or <c>test</c>.</summary>
    public required string Kind { get; set; }

    public required string Title { get; set; }

    /// <summary>The message (JSON).</summary>
    public required string Message { get; set; }

    /// <summary><c>waiting</c>, <c>sent</c> or <c>failed</c>.</summary>
    public required string State { get; set; }

    public int Attempts { get; set; }

    public required DateTimeOffset CreatedAt { get; set; }

    /// <summary>Not tried before.</summary>
    public required DateTimeOffset NextAt { get; set; }

    public DateTimeOffset? SentAt { get; set; }

    /// <summary>What the last attempt met.</summary>
    public string? Error { get; set; }
}

/// <summary>Which node looked at what is common to all, and when (table <c>alert_beat</c>, one row).</summary>
internal sealed class AlertBeatRow
{
    public int Id { get; set; }

    public DateTimeOffset At { get; set; }

    public required string Node { get; set; }
}

/// <summary>A report of a period that is over (table <c>reports</c>).</summary>
internal sealed class ReportRow
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; set; }

    /// <summary>As in <c>Operations/Reports/ReportKinds.cs</c>.</summary>
    public required string Kind { get; set; }

    public required DateTimeOffset FromAt { get; set; }

    /// <summary>The first moment that does not belong to it.</summary>
    public required DateTimeOffset ToAt { get; set; }

    public required DateTimeOffset MadeAt { get; set; }

    public required string Title { get; set; }

    /// <summary>What changed, in a sentence or two.</summary>
    public required string Summary { get; set; }

    /// <summary>Its figures and tables (JSON).</summary>
    public required string Content { get; set; }
}

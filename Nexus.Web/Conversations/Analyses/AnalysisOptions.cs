namespace Nexus.Web.Conversations.Analyses;

/// <summary>Whether, with what and for how much conversations may be analysed.</summary>
internal sealed class AnalysisOptions
{
    public const string Section = "Analysis";

    /// <summary>How to switch it on, for whoever finds it off.</summary>
    public const string Off = "AI analysis is off. An operator switches it on with AI_ANALYSIS_ENABLED=true.";

    public bool Enabled { get; set; }

    public string Model { get; set; } = "";

    /// <summary>Whose account pays; empty: that of the conversation's own domain.</summary>
    public string Domain { get; set; } = "";

    /// <summary>Claude's, where the paying domain has no account of its own.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>Of the transcript, estimated.</summary>
    public int MaxPromptTokens { get; set; }

    public int HeadMessages { get; set; }

    public int TailMessages { get; set; }

    public int MaxOutputTokens { get; set; }

    /// <summary>How often an attempt that failed for a passing reason is made again.</summary>
    public int MaxRetries { get; set; }

    public int RequestTimeoutMs { get; set; }

    public int JobTimeoutMinutes { get; set; }

    /// <summary>Analyses at a time on one node.</summary>
    public int MaxConcurrentJobs { get; set; }

    /// <summary>Of each person, by the minute.</summary>
    public int CreationsPerMinute { get; set; }

    public int RetrievalsPerMinute { get; set; }

    /// <summary>US dollars in a day of UTC; 0: no limit but the others.</summary>
    public decimal DailyBudget { get; set; }

    /// <summary>US dollars in a month of UTC; 0: no limit but the others.</summary>
    public decimal MonthlyBudget { get; set; }
}

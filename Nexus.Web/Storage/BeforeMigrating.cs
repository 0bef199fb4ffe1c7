namespace Nexus.Web.Storage;

/// <summary>What is done first when the schema is to be brought up to date: a backup, of which storage knows nothing. No setting.</summary>
internal sealed class BeforeMigrating
{
    public Func<NexusDbContext, CancellationToken, Task>? First { get; set; }
}

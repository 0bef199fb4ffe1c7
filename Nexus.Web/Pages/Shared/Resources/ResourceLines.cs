namespace Nexus.Web.Pages.Shared.Resources;

/// <summary>A node as it was lately; cores and bytes.</summary>
public sealed record NodeNow(double Cpu, double? GroupCpu, double CpuLimit, long Memory, long? GroupMemory, long MemoryLimit, long Heap, double GcPause, int Threads, int Sockets, int OpenFiles, long DiskFree, long Disk);

/// <summary>A figure of the last seven days beside that of the seven before.</summary>
/// <param name="Growth">0.1 is a tenth more; null where nothing was before.</param>
public sealed record WeekLine(string Name, string Week, string? Before, double? Growth);

/// <summary>When a disk is full.</summary>
/// <param name="Soon">Within two weeks.</param>
public sealed record DiskLine(string Name, string Words, long Free, long Total, bool Soon);

/// <summary>Processes that the kernel killed for lack of memory.</summary>
/// <param name="Since">When this Nexus began to count.</param>
/// <param name="LastAt">When the last of them was noticed.</param>
/// <param name="Before">Killed before that.</param>
/// <param name="OfGroup">In the container or service; else in the whole machine.</param>
public sealed record KillsLine(DateTimeOffset Since, long Seen, DateTimeOffset? LastAt, long Before, bool OfGroup);

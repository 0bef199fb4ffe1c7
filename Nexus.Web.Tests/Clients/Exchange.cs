using System.Buffers;
using Nexus.Web.Tests.Infrastructure;

namespace Nexus.Web.Tests.Clients;

/// <summary>One request that the scripted upstream received, and what it answered.</summary>
internal sealed class Exchange(Received request, int number)
{
    private readonly ArrayBufferWriter<byte> _sent = new();

    public Received Request => request;

    /// <summary>Counts the requests of one upstream; ids and token counts are made from it.</summary>
    public int Number => number;

    public string RequestId => $"req_{number:0000}";

    public string Model { get; init; } = "";

    public int Status { get; set; }

    /// <summary>What the ledger must say.</summary>
    public string Outcome { get; set; } = "completed";

    /// <summary>Null where no message was begun.</summary>
    public string? ModelServed { get; set; }

    /// <summary>Input, output, cache writes (both kinds) and cache reads, as far as they were reported.</summary>
    public (long Input, long Output, long Writes, long Reads) Tokens { get; set; }

    public byte[] Sent => _sent.WrittenSpan.ToArray();

    public void Record(ReadOnlySpan<byte> bytes) => _sent.Write(bytes);
}

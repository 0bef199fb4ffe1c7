using MemoryPack;
using Nexus.Web.Capture;
using Xunit;

namespace Nexus.Web.Tests.Capture.Journaling;

/// <summary>What a version without attempts has left in the journal is read as it was.</summary>
public sealed class OlderRecordsTests
{
    [Fact]
    public void An_end_without_attempts_is_read()
    {
        var read = MemoryPackSerializer.Deserialize<EndMetadata>(WithoutLast(MemoryPackSerializer.Serialize(new EndMetadata(Outcome.UpstreamError, 5, 6, 7, "why", 502, "api_error"))))!;
        Assert.Equal((Outcome.UpstreamError, 5L, 6L, 7L, "why", (int?)502, "api_error"), (read.Outcome, read.TotalMicros, read.RequestBytes, read.ResponseBytes, read.Error, read.Status, read.ErrorType));
        Assert.Null(read.Attempts);
    }

    [Fact]
    public void An_answer_without_its_account_is_read()
    {
        var read = MemoryPackSerializer.Deserialize<AnswerMetadata>(WithoutLast(MemoryPackSerializer.Serialize(new AnswerMetadata(200, [new("request-id", "req_1")], 9))))!;
        Assert.Equal((200, "req_1", 9L, null), (read.Status, read.Headers.Find("request-id"), read.HeadersMicros, read.AccountId));
    }

    /// <summary>An object begins with the count of its members; a missing text or list is four bytes.</summary>
    private static byte[] WithoutLast(byte[] packed)
    {
        packed[0]--;
        return packed[..^4];
    }
}

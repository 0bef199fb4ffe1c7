using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Configuration;
using Xunit;

namespace Nexus.Web.Tests.Capture.Journaling;

/// <summary>What crashes and power cuts leave behind besides a torn tail: checkpoints, headers and zeros.</summary>
public sealed class JournalDamageTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-damage-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\0\0\0")]
    [InlineData("1")]
    [InlineData("x y")]
    [InlineData("-1 -1")]
    [InlineData("1 99999999")]
    [InlineData("99 24")]
    [InlineData("9223372036854775807 9223372036854775807")]
    [InlineData("99999999999999999999999999 1")]
    public async Task A_checkpoint_that_is_damaged_or_points_past_the_end_hides_nothing(string checkpoint)
    {
        using (var journal = Open())
            Record(journal, "before");
        await File.WriteAllTextAsync(Path.Combine(Segments, "checkpoint"), checkpoint);
        using (var journal = Open())
        using (var reader = new JournalReader(journal))
        {
            Record(journal, "after");
            Assert.Equal(["before", "after"], await ReadAsync(reader, 2));
        }
    }

    [Fact]
    public async Task A_checkpoint_that_outlived_its_segments_hides_nothing_that_comes_later()
    {
        await StoreAsync("old", runs: 3);
        foreach (var segment in Directory.GetFiles(Segments, "*.journal"))
            File.Delete(segment);
        for (var run = 0; run < 3; run++)
            using (var journal = Open())
                Record(journal, $"new {run}");
        using var last = Open();
        using var reader = new JournalReader(last);
        Assert.Equal(["new 0", "new 1", "new 2"], await ReadAsync(reader, 3));
    }

    [Fact]
    public async Task A_damaged_segment_header_costs_no_exchange_not_even_one_that_goes_on_behind_it()
    {
        using (var journal = Open(segmentBytes: 4096))
        {
            var open = Begin(journal, "long");
            Record(journal, new string('a', 5000));
            Record(journal, new string('b', 5000));
            Finish(open, "answer");
        }

        var segments = Directory.GetFiles(Segments, "*.journal").Order().ToList();
        Assert.InRange(segments.Count, 3, 10);
        foreach (var segment in segments.Skip(1).SkipLast(1))
            Overwrite(segment, 0, new byte[8]);
        using var next = Open();
        using var reader = new JournalReader(next);
        Assert.Equal(3, (await ReadAllAsync(reader, 3)).Count(exchange => exchange.End.Outcome == Outcome.Completed));
        Assert.True(next.Status.CorruptBytes >= JournalFiles.SegmentHeaderLength);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(35)]
    [InlineData(36)]
    [InlineData(100_000)]
    public async Task A_tail_of_zeros_as_a_power_cut_leaves_it_is_reported_and_hides_nothing(int zeros)
    {
        using (var journal = Open())
            Record(journal, "before");
        var segment = Directory.GetFiles(Segments, "*.journal").Single();
        Overwrite(segment, new FileInfo(segment).Length, new byte[zeros]);
        using var next = Open();
        using var reader = new JournalReader(next);
        Record(next, "after");
        Assert.Equal(["before", "after"], await ReadAsync(reader, 2));
        Assert.Equal(zeros, next.Status.CorruptBytes);
    }

    [Fact]
    public async Task An_empty_segment_is_passed_over_and_not_reported()
    {
        using (var journal = Open())
            Record(journal, "before");
        await File.WriteAllBytesAsync(Path.Combine(Segments, "0000000000000002.journal"), []);
        using var next = Open();
        using var reader = new JournalReader(next);
        Record(next, "after");
        Assert.Equal(["before", "after"], await ReadAsync(reader, 2));
        Assert.Equal(0, next.Status.CorruptBytes);
    }

    [Fact]
    public async Task A_segment_that_another_took_the_name_of_is_tried_again_and_the_rest_waits()
    {
        using var journal = Open();
        // In the way as a full disk is: the first append of this run cannot make its segment.
        var obstacle = Path.Combine(Segments, "0000000000000001.journal");
        Directory.CreateDirectory(obstacle);
        Record(journal, "refused at first");
        Assert.Equal((false, 0L), (journal.Status.Writable, journal.Status.BacklogExchanges));
        Assert.True(journal.Status.WriteFailures > 0);
        Directory.Delete(obstacle);
        journal.Flush();
        Assert.Equal((true, 1L), (journal.Status.Writable, journal.Status.BacklogExchanges));
        using var reader = new JournalReader(journal);
        var exchange = Assert.Single(await ReadAllAsync(reader, 1));
        Assert.Equal((true, Outcome.Completed, "answer"), (exchange.PayloadShed, exchange.End.Outcome, Encoding.UTF8.GetString(exchange.ResponseBody.Span)));
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_named_with_what_to_do() =>
        Assert.Contains("DATA_DIR", Assert.Throws<IOException>(() => new JournalFiles("/sys/nexus/journal")).Message, StringComparison.Ordinal);

    private string Segments => Path.Combine(_directory, "journal");

    private Journal Open(long segmentBytes = 1 << 20) => new(
        Options.Create(new DataOptions { Directory = _directory }),
        Options.Create(new JournalOptions { MaxBytes = 1 << 30, SegmentBytes = segmentBytes }),
        TimeProvider.System,
        NullLogger<Journal>.Instance);

    private static ExchangeRecorder Begin(Journal journal, string request)
    {
        var at = DateTimeOffset.UtcNow;
        var start = new StartMetadata(at, "d", "POST", "/v1/messages", "", [], null, null, null, null, null, CaptureLevel.Full);
        return journal.Begin(Guid.CreateVersion7(at), start, journal.Time.GetTimestamp(), Encoding.UTF8.GetBytes(request));
    }

    private static void Finish(ExchangeRecorder recorder, string answer)
    {
        recorder.Answered(new AnswerMetadata(200, [], 1));
        recorder.Received(Encoding.UTF8.GetBytes(answer));
        recorder.End(new EndMetadata(Outcome.Completed, 5, 1, answer.Length));
    }

    private static void Record(Journal journal, string request) => Finish(Begin(journal, request), "answer");

    private async Task StoreAsync(string request, int runs)
    {
        for (var run = 0; run < runs; run++)
        {
            using var journal = Open();
            using var reader = new JournalReader(journal);
            Record(journal, request);
            await ReadAsync(reader, 1);
        }
    }

    private static async Task<List<string>> ReadAsync(JournalReader reader, int count) =>
        [.. (await ReadAllAsync(reader, count)).Select(exchange => Encoding.UTF8.GetString(exchange.RequestBody.Span))];

    /// <summary>The next exchanges, acknowledged once they are copied.</summary>
    private static async Task<List<RecordedExchange>> ReadAllAsync(JournalReader reader, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var read = new List<RecordedExchange>();
        while (read.Count < count)
        {
            read.AddRange((await reader.ReadAsync(5000, 1 << 30, limit.Token)).Copies(reader));
            reader.Acknowledge();
        }

        return read;
    }

    private static void Overwrite(string path, long offset, byte[] bytes)
    {
        using var file = File.OpenWrite(path);
        file.Position = offset;
        file.Write(bytes);
    }
}

using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Configuration;
using Xunit;

namespace Nexus.Web.Tests.Capture.Journaling;

public sealed class JournalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-journal-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task An_exchange_comes_back_whole()
    {
        using var journal = Open();
        var id = Record(journal, "request", ["one", "two"]);
        using var reader = new JournalReader(journal);
        var exchange = Assert.Single(await ReadAsync(reader));
        Assert.Equal((id, "request", "onetwo", Outcome.Completed), (exchange.Id, Text(exchange.RequestBody), Text(exchange.ResponseBody), exchange.End.Outcome));
        Assert.Equal([0L, 3L], exchange.Arrivals.Select(arrival => arrival.Offset));
        Assert.Equal("text/plain", exchange.Answer!.Headers.Single().Value);
    }

    [Fact]
    public async Task Exchanges_of_eight_writers_come_out_whole_and_once()
    {
        using var journal = Open(segmentBytes: 8192);
        using var reader = new JournalReader(journal);
        var written = Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() => Enumerable.Range(0, 200).Select(n => (Record(journal, $"{writer}/{n}", [$"a{writer}", $"b{n}"]), $"{writer}/{n}|a{writer}b{n}")).ToList())));
        var read = new Dictionary<Guid, string>();
        while (read.Count < 1600)
        {
            foreach (var exchange in await ReadAsync(reader))
                read.Add(exchange.Id, $"{Text(exchange.RequestBody)}|{Text(exchange.ResponseBody)}");
            reader.Acknowledge();
        }

        Assert.All((await written).SelectMany(list => list), pair => Assert.Equal(pair.Item2, read[pair.Item1]));
        Assert.Single(Directory.GetFiles(Path.Combine(_directory, "journal"), "*.journal"));
    }

    [Fact]
    public async Task What_was_not_acknowledged_comes_again_and_what_was_does_not()
    {
        using var journal = Open();
        Record(journal, "1", []);
        using (var reader = new JournalReader(journal))
        {
            await ReadAsync(reader);
            reader.Acknowledge();
            Record(journal, "2", []);
            Assert.Equal("2", Text((await ReadAsync(reader)).Single().RequestBody));
            reader.Rewind();
            Assert.Equal("2", Text((await ReadAsync(reader)).Single().RequestBody));
        }

        journal.Dispose();
        using var next = Open();
        using var again = new JournalReader(next);
        Assert.Equal("2", Text((await ReadAsync(again)).Single().RequestBody));
    }

    [Fact]
    public async Task A_request_in_flight_when_the_process_died_is_interrupted_unless_its_answer_was_whole()
    {
        var journal = Open();
        Begin(journal, "in flight", 10).Commit();
        var whole = Begin(journal, "whole", 5);
        whole.Received("12345"u8);
        whole.Commit();
        journal.Dispose();
        using var next = Open();
        using var reader = new JournalReader(next);
        var outcomes = (await ReadAsync(reader)).ToDictionary(exchange => Text(exchange.RequestBody), exchange => exchange.End.Outcome);
        Assert.Equal(Outcome.Interrupted, outcomes["in flight"]);
        Assert.Equal(Outcome.Completed, outcomes["whole"]);
        reader.Acknowledge();
        Record(next, "later", []);
        Assert.Equal("later", Text((await ReadAsync(reader)).Single().RequestBody));
    }

    [Fact]
    public async Task A_torn_tail_loses_no_whole_entry_wherever_it_is_torn()
    {
        using (var journal = Open())
            for (var i = 0; i < 4; i++)
                Record(journal, $"r{i}", ["answer"]);
        var path = Directory.GetFiles(Path.Combine(_directory, "journal"), "*.journal").Single();
        var all = await File.ReadAllBytesAsync(path);
        for (var length = all.Length - 1; length > JournalFiles.SegmentHeaderLength; length -= 7)
        {
            Reset(path, all[..length]);
            using var journal = Open();
            Record(journal, "next", []);
            using var reader = new JournalReader(journal);
            var read = (await ReadAsync(reader)).ToList();
            var starts = Occurrences(all.AsSpan(0, length), "/v1/messages");
            Assert.InRange(read.Count, 1, starts + 1);
            Assert.Contains(read, exchange => Text(exchange.RequestBody) == "next");
            Assert.Equal(read.Count, read.Select(exchange => exchange.Id).Distinct().Count());
        }
    }

    [Fact]
    public async Task A_flipped_byte_costs_at_most_its_own_exchange_and_is_reported()
    {
        using (var journal = Open())
            for (var i = 0; i < 4; i++)
                Record(journal, $"r{i}", ["answer"]);
        var path = Directory.GetFiles(Path.Combine(_directory, "journal"), "*.journal").Single();
        var all = await File.ReadAllBytesAsync(path);
        for (var at = JournalFiles.SegmentHeaderLength; at < all.Length; at += 5)
        {
            var damaged = all.ToArray();
            damaged[at] ^= 0x5A;
            Reset(path, damaged);
            using var journal = Open();
            using var reader = new JournalReader(journal);
            var whole = (await ReadAsync(reader)).Count(exchange => exchange.End.Outcome == Outcome.Completed && Text(exchange.ResponseBody) == "answer");
            Assert.InRange(whole, 3, 4);
            Assert.True(journal.Status.CorruptBytes > 0, $"byte {at}");
        }
    }

    [Fact]
    public void A_second_process_on_the_same_directory_is_told_what_to_do()
    {
        using var journal = Open();
        Assert.Contains("DATA_DIR", Assert.Throws<IOException>(() => Open()).Message, StringComparison.Ordinal);
    }

    private Journal Open(long segmentBytes = 1 << 20) => new(
        Options.Create(new DataOptions { Directory = _directory }),
        Options.Create(new JournalOptions { MaxBytes = 1 << 30, SegmentBytes = segmentBytes }),
        TimeProvider.System,
        NullLogger<Journal>.Instance);

    private static ExchangeRecorder Begin(Journal journal, string request, int counted)
    {
        var at = DateTimeOffset.UtcNow;
        var start = new StartMetadata(at, "d", "POST", "/v1/messages", "", [], null, null, null, null, null, CaptureLevel.Full);
        var recorder = journal.Begin(Guid.CreateVersion7(at), start, journal.Time.GetTimestamp(), Encoding.UTF8.GetBytes(request));
        recorder.Answered(new AnswerMetadata(200, [new HeaderLine("content-length", counted.ToString(CultureInfo.InvariantCulture))], 1));
        return recorder;
    }

    private static Guid Record(Journal journal, string request, string[] answers)
    {
        var at = DateTimeOffset.UtcNow;
        var id = Guid.CreateVersion7(at);
        var start = new StartMetadata(at, "d", "POST", "/v1/messages", "", [], null, null, null, null, null, CaptureLevel.Full);
        var recorder = journal.Begin(id, start, journal.Time.GetTimestamp(), Encoding.UTF8.GetBytes(request));
        recorder.Answered(new AnswerMetadata(200, [new HeaderLine("content-type", "text/plain")], 1));
        foreach (var answer in answers)
        {
            recorder.Received(Encoding.UTF8.GetBytes(answer));
            recorder.Commit();
        }

        recorder.End(new EndMetadata(Outcome.Completed, 5, request.Length, answers.Sum(answer => answer.Length)));
        return id;
    }

    private static async Task<IReadOnlyList<RecordedExchange>> ReadAsync(JournalReader reader)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return (await reader.ReadAsync(5000, 1 << 30, limit.Token)).Copies(reader);
    }

    private void Reset(string path, byte[] content)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(_directory, "journal")))
            File.Delete(file);
        File.WriteAllBytes(path, content);
    }

    private static int Occurrences(ReadOnlySpan<byte> bytes, string text)
    {
        var count = 0;
        var needle = Encoding.UTF8.GetBytes(text);
        for (var at = bytes.IndexOf(needle); at >= 0; at = bytes.IndexOf(needle))
        {
            count++;
            bytes = bytes[(at + needle.Length)..];
        }

        return count;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}

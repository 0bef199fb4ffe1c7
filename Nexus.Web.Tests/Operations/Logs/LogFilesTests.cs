using System.Globalization;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Operations.Retention;
using Xunit;

namespace Nexus.Web.Tests.Operations.Logs;

/// <summary>Files of the log on a real disk: written, rolled, bounded, read back page by page.</summary>
public sealed class LogFilesTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-logs-").FullName;
    private readonly FakeTimeProvider _time = new(Start);

    [Fact]
    public void Whatever_is_written_is_read_back_newest_first_at_any_size_of_page()
    {
        var trial = 0;
        (from lengths in Gen.Int[0, 8000].Array[0, 60] from page in Gen.Int[1, 25] from restarts in Gen.Int[1, 3] select (lengths, page, restarts)).Sample(sample =>
        {
            var directory = Path.Combine(_directory, (trial++).ToString(CultureInfo.InvariantCulture));
            for (var start = 0; start < sample.restarts; start++)
                Write(directory, sample.lengths.Select((length, i) => Line($"{start}.{i}", new string('€', length / 3))));
            var read = new List<string>();
            LogPosition? before = null;
            do
            {
                var part = new LogReader(directory).Back(new(), before, sample.page);
                Assert.True(part.Lines.Count <= sample.page);
                read.AddRange(part.Lines.Select(line => line.Message));
                before = part.Next;
            }
            while (before is not null);
            var written = Enumerable.Range(0, sample.restarts).SelectMany(start => sample.lengths.Select((_, i) => $"{start}.{i}")).Reverse();
            Assert.Equal(written, read);
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void A_day_and_a_start_begin_a_new_part_and_old_days_and_bytes_go()
    {
        Write(_directory, [Line("a")]);
        Write(_directory, [Line("b")]);
        Assert.Equal(["nexus-20260102-0001.jsonl", "nexus-20260102-0002.jsonl"], Names());
        _time.Advance(TimeSpan.FromDays(1));
        Write(_directory, [Line("c")]);
        Assert.Equal("nexus-20260103-0001.jsonl", Names()[^1]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, Names()[0])));
        _time.Advance(TimeSpan.FromDays(7));
        Write(_directory, [Line("d")]);
        Assert.Equal(["nexus-20260103-0001.jsonl", "nexus-20260110-0001.jsonl"], Names());
        // Room for one part alone: what there is beside it has to go.
        Write(_directory, [Line("e")], 16 << 20);
        Assert.Equal(["nexus-20260110-0002.jsonl"], Names());
        Write(_directory, [Line("f")], 0);
        Assert.Equal(["nexus-20260110-0002.jsonl"], Names());
    }

    [Fact]
    public void A_part_ends_at_16_MB_and_lines_are_whole_on_both_sides()
    {
        Write(_directory, Enumerable.Range(0, 2200).Select(i => Line(i.ToString(CultureInfo.InvariantCulture), new string('x', 8000))));
        Assert.Equal(2, Names().Count);
        Assert.Equal(2200, new LogReader(_directory).Forward(new()).Count());
    }

    [Fact]
    public void Filters_and_the_line_after_which_to_read_are_kept_to()
    {
        var id = Guid.NewGuid();
        Write(_directory,
        [
            Line("one", level: "debug"), Line("two", domain: "a.example"), Line("three", level: "error", source: "Proxy.Forwarding", request: id), "not json", Line("four", level: "warn", domain: "A.example"),
        ]);
        Assert.Equal(["four", "three"], Read(new() { Level = "warn" }));
        Assert.Equal(["four", "two"], Read(new() { Domain = "a.example" }));
        Assert.Equal(["three"], Read(new() { Source = "Proxy" }));
        Assert.Equal(["three"], Read(new() { RequestId = id.ToString() }));
        Assert.Equal(["two"], Read(new() { Text = "TWO" }));
        Assert.Empty(Read(new() { To = Start }));
        Assert.Equal(4, Read(new() { From = Start, To = Start.AddSeconds(1) }).Count);
        var all = new LogReader(_directory).Back(new(), null, 10).Lines;
        Assert.Equal(["four", "three"], new LogReader(_directory).Back(new(), null, 10, after: all[2].Position).Lines.Select(line => line.Message));
        Assert.Equal(LogPosition.Parse(all[0].Position.ToString()), all[0].Position);
        Assert.Null(LogPosition.Parse("../../etc/passwd-1-2"));
    }

    [Fact]
    public void Who_follows_gets_each_line_with_its_place_and_is_told_what_he_missed()
    {
        var tail = new LogTail();
        using var follower = tail.Follow()!;
        Write(_directory, Enumerable.Range(0, 1100).Select(i => Line(i.ToString(CultureInfo.InvariantCulture))), tail: tail);
        var got = new List<LogText>();
        while (follower.TryTake(out var line))
            got.Add(line);
        Assert.Equal(100, follower.TakeMissed());
        Assert.Equal(new LogReader(_directory).Back(new(), null, 2000).Lines.Reverse().Take(1000).Select(line => (line.Position, line.Json)), got.Select(line => (line.Position, line.Json)));
        var others = Enumerable.Range(0, LogTail.Most - 1).Select(_ => tail.Follow()!).ToList();
        Assert.Null(tail.Follow());
        others[0].Dispose();
        Assert.NotNull(tail.Follow());
    }

    [Fact]
    public void A_directory_that_cannot_be_written_costs_lines_and_is_tried_again()
    {
        var place = Path.Combine(_directory, "file");
        File.WriteAllText(place, "");
        using var files = new LogFiles(Path.Combine(place, "logs"), new(1 << 30, RetentionAge.Parse("7d", 1)), new(), _time);
        files.Open();
        files.Add("x\n"u8);
        Assert.NotNull(files.Problem);
        Assert.Equal(1, files.Lost);
        File.Delete(place);
        _time.Advance(TimeSpan.FromSeconds(31));
        files.Add("y\n"u8);
        Assert.Null(files.Problem);
        Assert.Equal(1, files.Lost);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private List<string> Names() => [.. LogFile.List(_directory).Select(file => file.Name)];

    private List<string> Read(LogFilter filter) => [.. new LogReader(_directory).Back(filter, null, 10).Lines.Select(line => line.Message)];

    private void Write(string directory, IEnumerable<string> lines, long most = 1 << 30, LogTail? tail = null)
    {
        using var files = new LogFiles(directory, new(most, RetentionAge.Parse("7d", 1)), tail ?? new(), _time);
        files.Open();
        foreach (var line in lines)
            files.Add(Encoding.UTF8.GetBytes(line + "\n"));
    }

    private static string Line(string message, string more = "", string level = "info", string source = "Some.Part", string domain = "b.example", Guid request = default) =>
        $$"""{"timestamp":"2026-01-02T03:04:05.678Z","level":"{{level}}","service":"proxy","source":"{{source}}","message":"{{message}}","requestId":"{{request}}","domain":"{{domain}}","more":"{{more}}"}""";
}

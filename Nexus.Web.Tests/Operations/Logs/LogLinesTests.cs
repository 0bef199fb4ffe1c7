using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Logs;

/// <summary>From a call of a logger to the bytes on standard output and standard error.</summary>
public sealed partial class LogLinesTests : IDisposable
{
    private readonly MemoryStream _output = new();
    private readonly MemoryStream _errors = new();
    private readonly SecretMask _mask = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));

    [Fact]
    public void A_line_is_one_object_with_the_promised_fields()
    {
        var id = Guid.CreateVersion7();
        Write(logger => Log.Full(logger, id, "/v1/messages", 12, 1.5, true, null));
        Assert.Equal(
            $$"""{"timestamp":"2026-01-02T03:04:05.678Z","level":"info","service":"nexus","source":"Some.Part","event":"something_done","message":"Done","requestId":"{{id}}","path":"/v1/messages","count":12,"seconds":1.5,"whole":true}""" + "\n",
            Text(_output));
    }

    [Fact]
    public void Lines_of_a_request_name_its_listener_and_its_id()
    {
        var id = Guid.CreateVersion7();
        LogScope.Current = new(LogScope.Proxy, id);
        Write(logger => Log.Odd(logger, "x"));
        LogScope.Current = null;
        var line = Line(_output);
        Assert.Equal(("proxy", id), (line.GetProperty("service").GetString(), line.GetProperty("requestId").GetGuid()));
    }

    [Fact]
    public void Errors_go_to_standard_error_with_their_stack_inside()
    {
        Write(logger => Log.Broken(logger, Thrown()));
        Assert.Empty(Text(_output));
        var error = Line(_errors).GetProperty("error");
        Assert.Equal("System.InvalidOperationException", error.GetProperty("type").GetString());
        Assert.Contains("\n   at ", error.GetProperty("stack").GetString(), StringComparison.Ordinal);
        Assert.Contains("**", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", Text(_errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000, 'x')]
    [InlineData(100_000, '\n')]
    [InlineData(3000, '€')]
    [InlineData(8100, '"')]
    public void No_line_is_longer_than_8_KB_and_what_is_cut_is_told(int length, char character)
    {
        Write(logger => Log.Odd(logger, new string(character, length)));
        Assert.InRange(_output.Length, 50, 8192);
        var line = Line(_output);
        Assert.True(line.GetProperty("truncated").GetBoolean());
        Assert.Contains(" more characters]", line.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_never_parts_a_character_of_two_halves()
    {
        Write(logger => Log.Odd(logger, string.Concat(Enumerable.Repeat("😀", 20_000))));
        Assert.DoesNotContain("\uFFFD", Text(_output), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Object, Line(_output).ValueKind);
    }

    [Fact]
    public void Properties_do_not_take_the_places_of_fields()
    {
        Write(logger => Log.Clashing(logger, "mine", "too"));
        Assert.Equal("""{"timestamp":"2026-01-02T03:04:05.678Z","level":"warn","service":"nexus","source":"Some.Part","event":"clashing","message":"mine","_message":"mine","_error":"too"}""" + "\n", Text(_output));
    }

    [Fact]
    public void On_a_terminal_a_line_is_text_with_what_the_message_does_not_say()
    {
        Write(logger => Log.Full(logger, Guid.Empty, "/v1/messages?api_key=CANARY", 12, 1.5, true, null), new TextLogFormat(_mask, coloured: false, TimeZoneInfo.Utc));
        Assert.Equal("03:04:05.678 info  Done requestId=00000000-0000-0000-0000-000000000000 path=/v1/messages?api_key=**** count=12 seconds=1.5 whole=True\n", Text(_output));
    }

    [Fact]
    public void Colours_are_for_terminals()
    {
        Write(logger => Log.Clashing(logger, "mine", "too"), new TextLogFormat(_mask, coloured: true, TimeZoneInfo.Utc));
        Assert.Contains("\e[33m warn  \e[0m", Text(_output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_stands_still_costs_lines_but_no_wait()
    {
        using var blocked = new BlockedStream();
        using var errors = new MemoryStream();
        var line = new byte[8000];
        using (var queue = new LogQueue(blocked, errors, count => Encoding.UTF8.GetBytes($"dropped {count}\n")))
        {
            var logging = Task.Run(() =>
            {
                for (var i = 0; i < 2000; i++) // 16 MB, of which 8 MB may wait
                    queue.Add(line, error: false);
            });
            await logging.WaitAsync(TimeSpan.FromSeconds(20));
            blocked.Open();
        }

        var written = Encoding.UTF8.GetString(blocked.Written.ToArray());
        var dropped = int.Parse(written[(written.IndexOf("dropped ", StringComparison.Ordinal) + 8)..].Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(dropped, 900, 1999);
        Assert.Equal(2000 - dropped, written.Count('\0') / line.Length);
    }

    [Fact]
    public async Task A_line_is_out_without_a_second_one()
    {
        using var queue = new LogQueue(_output, _errors, _ => []);
        queue.Add("x\n"u8, error: false);
        await NexusApp.UntilAsync(() => Task.FromResult(Text(_output) == "x\n"), "the line is out");
    }

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
    }

    private void Write(Action<ILogger> log, ILogFormat? format = null)
    {
        using var provider = new LogProvider(_time, () => format ?? new JsonLogFormat(_mask), _output, _errors);
        log(provider.CreateLogger("Nexus.Web.Some.Part"));
    }

    private static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("with Bearer sk-ant-CANARY");
        }
        catch (InvalidOperationException error)
        {
            return error;
        }
    }

    private static JsonElement Line(MemoryStream stream) => JsonDocument.Parse(Text(stream)).RootElement;

    private static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray());

    private sealed class BlockedStream : Stream
    {
        private readonly ManualResetEventSlim _open = new();

        public MemoryStream Written { get; } = new();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => 0;

        public override long Position { get; set; }

        public void Open() => _open.Set();

        public override void Flush()
        {
            // Nothing is held back.
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            _open.Wait();
            Written.Write(buffer, offset, count);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "SomethingDone", Level = LogLevel.Information, Message = "Done")]
        public static partial void Full(ILogger logger, Guid requestId, string path, int count, double seconds, bool whole, string? nothing);

        [LoggerMessage(LogLevel.Information, "Odd {Text}")]
        public static partial void Odd(ILogger logger, string text);

        [LoggerMessage(LogLevel.Warning, "{Message}")]
        public static partial void Clashing(ILogger logger, string message, string error);

        [LoggerMessage(LogLevel.Error, "Broken")]
        public static partial void Broken(ILogger logger, Exception error);
    }
}

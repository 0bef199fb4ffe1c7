using System.Text;
using CsCheck;
using Nexus.Web.Capture;
using Xunit;

namespace Nexus.Web.Tests.Capture;

public sealed class RequestPartsTests
{
    private static readonly Gen<string> Scalar = Gen.OneOf(Gen.Const("1"), Gen.Const("-1e999"), Gen.Const("true"), Gen.Const("null"), Gen.Const("\"a\\\"]}\\\\\""), Gen.Const("\"\\u0000\\ud800\""), Gen.Const("{\"x\":[1,{\"y\":\"]\"}]}"), Gen.Const("[ ]"), Gen.Const("""{"a":[{"t":"x","cache_control":{"type":"ephemeral"}},{"b":1}]}"""), Gen.Const("""{"a":1,"cache_control":{"""), Gen.Const("\",\"cache_control\\\":{\""));
    private static readonly Gen<string> Space = Gen.OneOf(Gen.Const(""), Gen.Const(" "), Gen.Const("\n\t"));
    private static readonly Gen<string> Separators = Gen.Select(Space, Space, (before, after) => $"{before},{after}");
    private static readonly Gen<string> Uneven = Gen.Select(Scalar, Gen.Select(Separators, Scalar, (separator, item) => separator + item).Array[0, 4], (first, rest) => $"[{first}{string.Concat(rest)}]");
    private static readonly Gen<string> List = Gen.Select(Scalar.Array[0, 5], Space, (items, space) => $"[{space}{string.Join("," + space, items)}{space}]");
    private static readonly Gen<string> Name = Gen.OneOf(Gen.Const("messages"), Gen.Const("system"), Gen.Const("tools"), Gen.Const("model"), Gen.Const("metadata"));
    private static readonly Gen<string> Property = Gen.Select(Name, Space, Gen.OneOf(Scalar, List, Uneven), (name, space, value) => $"\"{name}\"{space}:{space}{value}");
    private static readonly Gen<string> Body = Gen.Select(Property.Array[0, 6], Space, (properties, space) => $"{space}{{{string.Join("," + space, properties)}{space}}}{space}");

    [Fact]
    public void Any_body_is_rebuilt_byte_for_byte() => Body.Sample(body => Holds(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Any_bytes_are_rebuilt_byte_for_byte() => Gen.Byte.Array[0, 200].Sample(Holds);

    [Fact]
    public void A_truncated_body_is_rebuilt_byte_for_byte() => Gen.Select(Body, Gen.Int[0, 100]).Sample((body, keep) => Holds(Encoding.UTF8.GetBytes(body)[..Math.Min(keep, body.Length)]));

    [Fact]
    public void Elements_of_messages_system_and_tools_are_pieces_of_their_own()
    {
        var body = """{"model":"m","system":[{"a":1}],"messages":[{"b":2}, {"c":"]"}],"tools":[3]}"""u8.ToArray();
        var cut = BodyCut.Of(body);
        Assert.Equal(["{\"a\":1}", "3"], cut.Others.Select(piece => Encoding.UTF8.GetString(body[piece])));
        Assert.Equal(["{\"b\":2}", "{\"c\":\"]\"}"], cut.Messages.Select(piece => Encoding.UTF8.GetString(body[piece])));
    }

    [Fact]
    public void The_skeleton_stays_the_same_while_messages_are_added()
    {
        var skeletons = Enumerable.Range(1, 5).Select(count => Encoding.UTF8.GetBytes($$"""{"system":["s"],"messages":[{{string.Join(',', Enumerable.Range(0, count))}}],"tools":[1,2]}"""))
            .Select(body => Convert.ToHexString(Pieces(body)[^1]));
        Assert.Single(skeletons.Distinct());
    }

    [Fact]
    public void Messages_whose_cache_marks_have_moved_on_are_the_same_parts()
    {
        const string Mark = ""","cache_control":{"type":"ephemeral","ttl":"1h"}""";
        static string Block(string text, string mark) => $$"""{"role":"user","content":[{"type":"text","text":"{{text}}"{{mark}}}]}""";
        var turns = Enumerable.Range(1, 4).Select(count => Pieces(Encoding.UTF8.GetBytes(
            $$"""{"messages":[{{string.Join(',', Enumerable.Range(0, count).Select(i => Block($"message {i}", i >= count - 2 ? Mark : "")))}}],"model":"m"}"""))).ToList();
        var stored = turns.SelectMany(pieces => pieces.SkipLast(1)).Select(Encoding.UTF8.GetString).Distinct().ToList();
        Assert.Equal(Enumerable.Range(0, 4).Select(i => Block($"message {i}", "")), stored);
        Assert.Single(turns.Skip(1).Select(pieces => Convert.ToHexString(pieces[^1])).Distinct());
        Assert.All(turns, pieces => Assert.Contains(Mark, Encoding.UTF8.GetString(RequestParts.Rebuild(pieces)), StringComparison.Ordinal));
    }

    [Fact]
    public void A_skeleton_that_marks_what_is_not_there_is_refused()
    {
        var pieces = Pieces("""{"messages":[{"content":[{"text":"a","cache_control":{"type":"ephemeral"}}]}]}"""u8.ToArray());
        Assert.Throws<FormatException>(() => RequestParts.Rebuild(["{}"u8.ToArray(), pieces[^1]]));
        Assert.Throws<FormatException>(() => RequestParts.Rebuild([pieces[^1]]));
    }

    private static bool Holds(byte[] body)
    {
        return RequestParts.Rebuild(Pieces(body)).AsSpan().SequenceEqual(body);
    }

    private static List<byte[]> Pieces(byte[] body)
    {
        var cut = BodyCut.Of(body);
        var markers = CacheMarker.Find(body, cut.Messages);
        return [.. cut.Others.Select(piece => body[piece]), .. RequestParts.Messages(body, cut, markers).Select(message => message.ToArray()), RequestParts.Skeleton(body, cut, markers)];
    }
}

using System.Text;
using CsCheck;
using Nexus.Web.Capture;
using Xunit;

namespace Nexus.Web.Tests.Capture;

public sealed class RequestPartsTests
{
    private static readonly Gen<string> Scalar = Gen.OneOf(Gen.Const("1"), Gen.Const("-1e999"), Gen.Const("true"), Gen.Const("null"), Gen.Const("\"a\\\"]}\\\\\""), Gen.Const("\"\\u0000\\ud800\""), Gen.Const("{\"x\":[1,{\"y\":\"]\"}]}"), Gen.Const("[ ]"));
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
            .Select(body => Convert.ToHexString(RequestParts.Skeleton(body, BodyCut.Of(body))));
        Assert.Single(skeletons.Distinct());
    }

    private static bool Holds(byte[] body)
    {
        var cut = BodyCut.Of(body);
        return RequestParts.Rebuild([.. cut.Others.Concat(cut.Messages).Select(piece => body[piece]), RequestParts.Skeleton(body, cut)]).AsSpan().SequenceEqual(body);
    }
}

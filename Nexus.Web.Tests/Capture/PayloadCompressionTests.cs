using System.Text;
using CsCheck;
using Nexus.Web.Capture;
using Xunit;

namespace Nexus.Web.Tests.Capture;

public sealed class PayloadCompressionTests
{
    [Fact]
    public void Whatever_is_compressed_comes_back() =>
        Gen.OneOf(Gen.Byte.Array[0, 300], Gen.Byte[97, 105].Array[0, 50_000]).Sample(bytes =>
        {
            using var compressor = new PayloadCompressor();
            using var decompressor = new PayloadDecompressor();
            Assert.Equal(bytes, decompressor.Decompress(compressor.Compress(bytes)));
            Assert.Equal(bytes, decompressor.Decompress(compressor.Compress([.. bytes, .. bytes]))[bytes.Length..]);
        }, iter: 100);

    [Fact]
    public void Small_pieces_say_only_what_is_their_own()
    {
        using var compressor = new PayloadCompressor();
        var answer = """{"model":"claude-opus-5","id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","content":[{"type":"text","text":"Yes."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":4}}"""u8;
        Assert.InRange(compressor.Compress(answer).Length, 20, 110);
    }

    [Fact]
    public void Pieces_from_before_the_dictionary_are_still_read()
    {
        using var older = new ZstdSharp.Compressor(3);
        using var decompressor = new PayloadDecompressor();
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("event: content_block_delta\n", 50)));
        Assert.Equal(text, decompressor.Decompress(older.Wrap(text)));
    }

    [Fact]
    public void A_dictionary_of_a_newer_version_is_named()
    {
        using var compressor = new PayloadCompressor();
        using var decompressor = new PayloadDecompressor();
        var frame = compressor.Compress("event: ping"u8);
        var id = frame.AsSpan().IndexOf(BitConverter.GetBytes(PayloadDictionary.Id));
        BitConverter.TryWriteBytes(frame.AsSpan(id), 42u);
        Assert.Contains("dictionary 42", Assert.Throws<InvalidDataException>(() => decompressor.Decompress(frame)).Message, StringComparison.Ordinal);
    }
}

using System.Text;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>Answers in the grammar of Anthropic's API.</summary>
internal static class Streams
{
    public static string[] Events { get; } =
    [
        """event: message_start""" + "\n" + """data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-opus-5-20260801","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4},"cache_read_input_tokens":100,"output_tokens":1}}}""" + "\n\n",
        """event: content_block_start""" + "\n" + """data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""" + "\n\n",
        """event: content_block_delta""" + "\n" + """data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me see."}}""" + "\n\n",
        """event: content_block_delta""" + "\n" + """data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}""" + "\n\n",
        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        """event: content_block_start""" + "\n" + """data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""" + "\n\n",
        """event: content_block_delta""" + "\n" + """data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello"}}""" + "\n\n",
        """event: content_block_start""" + "\n" + """data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"Bash","input":{}}}""" + "\n\n",
        """event: content_block_delta""" + "\n" + """data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"command\":"}}""" + "\n\n",
        """event: content_block_delta""" + "\n" + """data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\"ls\"}"}}""" + "\n\n",
        """event: message_delta""" + "\n" + """data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":5}}""" + "\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ];

    public static byte[] Whole { get; } = Encoding.UTF8.GetBytes(string.Concat(Events));

    public static byte[] Json { get; } = Encoding.UTF8.GetBytes("""{"id":"msg_02","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}}""");
}

using System.Text;
using Nexus.Web.Access.Limits;
using Xunit;

namespace Nexus.Web.Tests.Access.Limits;

public sealed class RequestPeekTests
{
    [Theory]
    [InlineData("""{"model":"m","max_tokens":300,"stream":true}""", 300L, true)]
    [InlineData(" \n{ \"stream\" : false , \"max_tokens\" : 5 }", 5L, false)]
    [InlineData("""{"tools":[{"max_tokens":1,"stream":true}],"metadata":{"max_tokens":2},"max_tokens":7}""", 7L, false)]
    [InlineData("""{"a":"\"max_tokens\":9,","max_tokens":3,"max_tokens":4}""", 3L, false)]
    [InlineData("""{"max\u005ftokens":8,"str\u0065am":true}""", 8L, true)]
    [InlineData("""{"max_tokens":"many","stream":1}""", null, false)]
    [InlineData("""{"stream":true,"messages":[]}""", null, true)]
    [InlineData("""{"max_tokens":6,"messages":[{""", 6L, false)]
    [InlineData("[1]", null, false)]
    [InlineData("", null, false)]
    public void What_limits_go_by_is_found_where_it_stands(string body, long? maxTokens, bool stream) =>
        Assert.Equal(new RequestPeek(maxTokens, stream), RequestPeek.Read(Encoding.UTF8.GetBytes(body)));
}

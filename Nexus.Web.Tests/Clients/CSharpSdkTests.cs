using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Models.Messages;
using Xunit;

namespace Nexus.Web.Tests.Clients;

public sealed class CSharpSdkTests
{
    [Fact]
    public async Task Every_call_has_the_same_result_as_directly()
    {
        var ledger = await Comparison.AssertAlikeAsync(RunAsync);
        Assert.Equal(["count", "main", "other"], ledger.Select(entry => entry.Row.Lane).Distinct().Order());
        Assert.Equal(1, ledger.Count(entry => entry.Row.Outcome == "upstream_cut"));
    }

    private static async Task<string> RunAsync(Route route)
    {
        using var client = new AnthropicClient { BaseUrl = route.BaseUrl, ApiKey = route.Key, MaxRetries = 2, Timeout = TimeSpan.FromSeconds(20) };
        using var once = new AnthropicClient { BaseUrl = route.BaseUrl, ApiKey = route.Key, MaxRetries = 0, Timeout = TimeSpan.FromSeconds(20) };
        var printed = new StringBuilder();
        async Task Case(string name, Func<Task<string>> call) => printed.AppendLine($"{name}: {await ResultAsync(call)}");
        foreach (var play in new[] { "say", "think", "gzip", "limited", "overloaded", "refused" })
            await Case($"create {play}", async () => (await client.Messages.Create(Ask(play))).ToString());
        foreach (var play in new[] { "say", "think", "bash", "gzip", "refused", "broken", "cut" })
            await Case($"stream {play}", () => StreamAsync(client, play));
        foreach (var play in new[] { "limited 9", "overloaded 9" })
            await Case($"create once {play}", async () => (await once.Messages.Create(Ask(play))).ToString());
        await Case("raw", async () =>
        {
            using var response = await client.WithRawResponse.Messages.Create(Ask("say"));
            return $"{response.StatusCode} {response.RequestID}";
        });
        await Case("count", async () => (await client.Messages.CountTokens(new() { Model = "claude-sonnet-5", Messages = [new UserMessageParam("Count me")] })).ToString());
        await Case("models", async () => JsonSerializer.Serialize((await client.Models.List()).Items.Select(model => model.ID)));
        await Case("model", async () => (await client.Models.Retrieve("claude-opus-5")).ToString());
        return printed.ToString();
    }

    private static MessageCreateParams Ask(string play) => new() { Model = "claude-sonnet-5", MaxTokens = 256, Messages = [new UserMessageParam($"Hi [[play:{play}]]")] };

    private static async Task<string> StreamAsync(AnthropicClient client, string play)
    {
        var events = new StringBuilder();
        try
        {
            await foreach (var item in client.Messages.CreateStreaming(Ask(play)))
                events.AppendLine(item.ToString());
        }
        catch (Exception error)
        {
            // What came before the fault counts too.
            events.Append(Failure(error));
        }

        return events.ToString();
    }

    private static async Task<string> ResultAsync(Func<Task<string>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception error)
        {
            return Failure(error);
        }
    }

    private static string Failure(Exception error) => $"{error.GetType().Name} {error.InnerException?.GetType().Name}: {error.Message}";
}

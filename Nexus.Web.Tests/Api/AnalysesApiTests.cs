using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Conversations.Analyses;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Api;

public sealed class AnalysesApiTests
{
    [Fact]
    public async Task Analyses_are_asked_for_read_and_made_again_as_the_older_system_did_without_its_faults()
    {
        await using var nexus = await AnalysingNexus.StartAsync();
        var conversation = await nexus.ConversationAsync();
        var (status, json, _) = await nexus.AskAsync(conversation);
        Assert.Equal((HttpStatusCode.Created, "Analysis request created", "pending"), (status, json["message"]!.ToString(), json["status"]!.ToString()));
        Assert.Equal(System.Text.Json.JsonValueKind.String, json["analysisId"]!.GetValueKind());
        var read = await nexus.UntilAsync(conversation, "completed");
        Assert.Equal(json["analysisId"]!.ToString(), read["id"]!.ToString());
        Assert.Equal((conversation, "main"), (read["conversationId"]!.ToString(), read["branchId"]!.ToString()));
        Assert.All(["createdAt", "updatedAt", "completedAt"], name => Assert.EndsWith("Z", read[name]!.ToString(), StringComparison.Ordinal));
        Assert.Null(read["error"]);
        (status, json, _) = await nexus.AskAsync(conversation);
        Assert.Equal((HttpStatusCode.OK, "Analysis already completed", "completed"), (status, json["message"]!.ToString(), json["status"]!.ToString()));
        for (var i = 0; i < 4; i++) // the older system's third was never run
        {
            (status, json, _) = await nexus.SendAsync(HttpMethod.Post, $"/api/analyses/{conversation}/main/regenerate", new JsonObject { ["customPrompt"] = $"Round {i}" });
            Assert.Equal((HttpStatusCode.OK, "Analysis regeneration requested", "pending"), (status, json["message"]!.ToString(), json["status"]!.ToString()));
            Assert.Equal($"Round {i}", (await nexus.UntilAsync(conversation, "completed"))["customPrompt"]!.ToString());
        }

        await using var db = await nexus.App.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        await NexusApp.UntilAsync(() => db.Audit.AnyAsync(row => row.Action == "content.viewed" && row.Subject == "analysis of conversation " + conversation), "that it was read is in the audit log");
        Assert.Equal((1, 4, 1), (await db.Audit.CountAsync(row => row.Action == "analysis.requested"), await db.Audit.CountAsync(row => row.Action == "analysis.regenerated"), await db.Audit.CountAsync(row => row.Action == "content.viewed" && row.Subject.StartsWith("analysis"))));
    }

    [Fact]
    public async Task What_cannot_be_done_is_answered_with_its_reason()
    {
        await using var nexus = await AnalysingNexus.StartAsync();
        var wrong = await nexus.SendAsync(HttpMethod.Post, "/api/analyses", new JsonObject { ["conversationId"] = "x", ["branchId"] = 3, ["customPrompt"] = new string('x', 4001) });
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Equal("""{"error":"Invalid request","details":["customPrompt must be a text of at most 4000 characters","branchId must be a text of at most 255 characters","conversationId must be a UUID"]}""", wrong.Json.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, (await nexus.SendAsync(HttpMethod.Get, "/api/analyses/x/main")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await nexus.SendAsync(HttpMethod.Post, "/api/analyses", new JsonArray())).Status);
        using (var large = await RawAsync("/api/analyses", new string(' ', 64 << 10) + "{}"))
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using (var chunked = await RawAsync("/api/analyses", new string(' ', 64 << 10) + "{}", chunked: true))
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);
        using (var empty = await RawAsync($"/api/analyses/{Guid.NewGuid()}/main/regenerate", null))
            Assert.Equal(HttpStatusCode.NotFound, empty.StatusCode); // and not: no JSON
        using (var nothing = await RawAsync($"/api/analyses/{Guid.NewGuid()}/main/regenerate", "", chunked: true))
            Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
        var nobodys = Guid.NewGuid();
        var (status, json, _) = await nexus.AskAsync(nobodys.ToString());
        Assert.Equal((HttpStatusCode.NotFound, "Conversation or branch not found"), (status, json["error"]!.ToString()));
        Assert.Equal("""{"error":"Analysis not found"}""", (await nexus.SendAsync(HttpMethod.Get, $"/api/analyses/{nobodys}/main")).Json.ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, (await nexus.SendAsync(HttpMethod.Post, $"/api/analyses/{nobodys}/main/regenerate")).Status);

        async Task<HttpResponseMessage> RawAsync(string path, string? body, bool chunked = false)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } }, Content = body is null ? null : new StringContent(body) };
            request.Headers.TransferEncodingChunked = chunked;
            return await nexus.App.Dashboard.SendAsync(request);
        }
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_when_to_come_back()
    {
        await using var nexus = await AnalysingNexus.StartAsync(("AI_ANALYSIS_RATE_LIMIT_CREATION", "1"), ("AI_ANALYSIS_RATE_LIMIT_RETRIEVAL", "1"));
        var conversation = Guid.NewGuid().ToString();
        await nexus.AskAsync(conversation);
        var (status, json, response) = await nexus.AskAsync(conversation);
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_error"), (status, json["error"]!["type"]!.ToString()));
        Assert.InRange((int)json["error"]!["retry_after"]!, 1, 60);
        Assert.Equal(("1", "0"), (response.Headers.GetValues("X-RateLimit-Limit").Single(), response.Headers.GetValues("X-RateLimit-Remaining").Single()));
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Assert.True(DateTimeOffset.TryParse(response.Headers.GetValues("X-RateLimit-Reset").Single(), out _));
        Assert.Equal(HttpStatusCode.NotFound, (await nexus.SendAsync(HttpMethod.Get, $"/api/analyses/{conversation}/main")).Status); // of its own count
        Assert.Equal(HttpStatusCode.TooManyRequests, (await nexus.SendAsync(HttpMethod.Get, $"/api/analyses/{conversation}/main")).Status);
    }

    [Fact]
    public async Task Off_it_says_how_to_switch_it_on()
    {
        await using var nexus = await AnalysingNexus.StartAsync(("AI_ANALYSIS_ENABLED", "false"));
        var (status, json, _) = await nexus.AskAsync(Guid.NewGuid().ToString());
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "AI analysis is off. An operator switches it on with AI_ANALYSIS_ENABLED=true."), (status, json["error"]!.ToString()));
    }
}

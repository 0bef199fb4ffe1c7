using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Access.Roles;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;
using Xunit;

namespace Nexus.Web.Tests.Access.SignIn;

public sealed class SessionBookTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-book-").FullName;
    private readonly FakeTimeProvider _time = new(new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_ticket_is_good_for_its_hours_and_not_a_second_longer()
    {
        var book = Book();
        var who = Begin(book);
        _time.Advance(TimeSpan.FromHours(10) - TimeSpan.FromSeconds(1));
        Assert.NotNull(book.Seen(new DefaultHttpContext(), who));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(book.Seen(new DefaultHttpContext(), who));
    }

    [Fact]
    public void A_browser_s_name_is_cut_between_characters_and_holds_what_can_be_stored()
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.UserAgent = new string('a', 199) + "😀";
        Assert.Equal(new string('a', 199), Book().Begin(context, "ada", "sso", Role.Viewer).Row.UserAgent);
        context.Request.Headers.UserAgent = "b\ud83d\0";
        Assert.Equal("b\ufffd", Book().Begin(context, "ada", "sso", Role.Viewer).Row.UserAgent);
    }

    [Fact]
    public void Of_one_person_s_sessions_beyond_the_most_the_one_not_seen_longest_ends()
    {
        var book = Book();
        var (first, second, bob) = (Begin(book), Begin(book), book.Begin(new DefaultHttpContext(), "bob", "sso", Role.Viewer));
        _time.Advance(TimeSpan.FromSeconds(1));
        book.Seen(new DefaultHttpContext(), first);
        for (var i = 2; i < SessionBook.MostOfOne + 1; i++)
            Begin(book);
        Assert.NotNull(book.Seen(new DefaultHttpContext(), first));
        Assert.Null(book.Seen(new DefaultHttpContext(), second));
        Assert.False(bob.HasEnded);
        Assert.Equal(SessionBook.MostOfOne + 1, book.Open.Count);
    }

    [Fact]
    public async Task What_streams_to_a_session_ends_with_its_hours()
    {
        var book = Book();
        var who = Begin(book);
        _time.Advance(TimeSpan.FromHours(9));
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton(book).AddSingleton<TimeProvider>(_time).BuildServiceProvider() };
        context.Request.Method = "GET";
        context.Features.Set(book.Seen(context, who));
        var ended = new TaskCompletionSource();
        var streaming = SessionCookie.FollowAsync(context, stream =>
        {
            stream.RequestAborted.Register(ended.SetResult);
            return ended.Task;
        });
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.False(ended.Task.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await streaming.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void What_is_idle_is_not_listed_and_who_was_seen_is_written_once_a_minute()
    {
        var book = Book();
        var who = Begin(book);
        Assert.Single(book.Unwritten()).Take();
        _time.Advance(TimeSpan.FromSeconds(59));
        book.Seen(new DefaultHttpContext(), who);
        Assert.Empty(book.Unwritten());
        _time.Advance(TimeSpan.FromSeconds(1));
        book.Seen(new DefaultHttpContext(), who);
        Assert.Single(book.Unwritten());
        Assert.Single(book.Open);
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Empty(book.Open);
    }

    [Fact]
    public void An_end_that_is_known_here_outlives_a_database_that_was_restored_to_before_it()
    {
        var book = Book();
        var who = Begin(book);
        Assert.Single(book.Unwritten()).Take();
        Assert.True(book.End(who.SessionId!, "boss"));
        Assert.False(book.End(who.SessionId!, "boss"));
        Assert.Single(book.Unwritten()).Take();
        book.Merge([new() { Id = who.SessionId!, Person = "ada", Way = "sso", Role = "viewer", CreatedAt = _time.GetUtcNow(), LastSeenAt = _time.GetUtcNow() }]);
        Assert.Null(book.Seen(new DefaultHttpContext(), who));
        Assert.Equal("boss", Assert.Single(book.Unwritten()).Take().EndedBy);
        Assert.Null(Book().Seen(new DefaultHttpContext(), who));
    }

    [Fact]
    public void What_another_node_ended_ends_here_and_cancels_what_streams()
    {
        var book = Book();
        var who = Begin(book);
        var session = book.Find(who.SessionId!)!;
        book.Merge([new() { Id = who.SessionId!, Person = "ada", Way = "sso", Role = "viewer", CreatedAt = _time.GetUtcNow(), LastSeenAt = _time.GetUtcNow(), EndedAt = _time.GetUtcNow(), EndedBy = "boss" }]);
        Assert.True(session.Ended.IsCancellationRequested);
        Assert.Null(book.Seen(new DefaultHttpContext(), who));
    }

    [Fact]
    public void Ended_sessions_are_bounded_and_one_that_is_forgotten_does_not_come_back()
    {
        var book = Book();
        var (open, first) = (Begin(book), Begin(book));
        book.End(first.SessionId!, "boss");
        foreach (var session in book.Unwritten())
            session.Take();
        book.Merge(Ended(SessionBook.MostEnded, after: TimeSpan.FromHours(1)));
        Assert.Equal(SessionBook.MostEnded * 3 / 4, Enumerable.Range(0, SessionBook.MostEnded).Count(i => book.Find($"ses_{i}") is not null));
        _time.Advance(TimeSpan.FromHours(2));
        var late = Begin(book);
        book.End(late.SessionId!, "boss");
        Assert.Null(book.Find(first.SessionId!));
        foreach (var each in new[] { book, Book() })
        {
            Assert.Null(each.Seen(new DefaultHttpContext(), first));
            Assert.Null(each.Seen(new DefaultHttpContext(), late));
            // One that another node has begun since.
            Assert.NotNull(each.Seen(new DefaultHttpContext(), new("bob", Role.Viewer, "sso", "ses_elsewhere", _time.GetUtcNow())));
        }

        Assert.NotNull(book.Seen(new DefaultHttpContext(), open));
    }

    [Fact]
    public void Who_comes_again_without_a_cookie_goes_on_with_a_session_that_has_half_of_its_hours()
    {
        var book = Book();
        var context = new DefaultHttpContext();
        var session = book.Begin(context, "ada", "sso", Role.Viewer);
        _time.Advance(TimeSpan.FromMinutes(29));
        Assert.Same(session, book.Like(context, "ada", "sso", Role.Viewer));
        Assert.Null(book.Like(context, "bob", "sso", Role.Viewer));
        Assert.Null(book.Like(context, "ada", "oidc", Role.Viewer));
        Assert.Null(book.Like(context, "ada", "sso", Role.Operator));
        for (var minutes = 29; minutes < 290; minutes += 29)
        {
            Assert.Same(session, book.Like(context, "ada", "sso", Role.Viewer));
            _time.Advance(TimeSpan.FromMinutes(29));
        }

        Assert.Same(session, book.Like(context, "ada", "sso", Role.Viewer));
        _time.Advance(TimeSpan.FromMinutes(20));
        Assert.Single(book.Open);
        Assert.Null(book.Like(context, "ada", "sso", Role.Viewer));
    }

    private IEnumerable<SessionRow> Ended(int count, TimeSpan after) => Enumerable.Range(0, count).Select(i =>
    {
        var at = _time.GetUtcNow() + after + TimeSpan.FromSeconds(i);
        return new SessionRow { Id = $"ses_{i}", Person = "eve", Way = "sso", Role = "viewer", CreatedAt = at, LastSeenAt = at, EndedAt = at, EndedBy = "nexus" };
    });

    private SessionBook Book() => new(Options.Create(new SignInOptions { SessionHours = 10, SessionIdleMinutes = 30 }), new SessionFile(Options.Create(new DataOptions { Directory = _directory }), NullLogger<SessionFile>.Instance), _time);

    private static SignedIn Begin(SessionBook book)
    {
        var row = book.Begin(new DefaultHttpContext(), "ada", "sso", Role.Viewer).Row;
        return new(row.Person, Role.Viewer, row.Way, row.Id, row.CreatedAt);
    }
}

using ColorCode;

namespace Nexus.Web.Pages.Shared;

/// <summary>A language that the library does not know, by its comments, strings and words.</summary>
/// <param name="comment">Pattern of a comment.</param>
/// <param name="words">Keywords, divided by blanks.</param>
internal sealed class WordLanguage(string id, string[] aliases, string comment, string words) : ILanguage
{
    private const string Strings = """("(?:[^"\\]|\\.)*"|'[^'\n]*')""";
    private const string Slashes = @"(//[^\n]*)";

    /// <summary>Not within a word: <c>$#</c> and <c>a#b</c> begin none.</summary>
    private const string Hash = @"((?<![\w$\#{])\#[^\n]*)";

    public static IReadOnlyList<WordLanguage> All { get; } =
    [
        new("shell", ["bash", "sh", "zsh", "shell", "console"], Hash, "if then else elif fi for in do done while until case esac function return export local set cd exit source echo sudo"),
        new("go", ["go", "golang"], Slashes, "package import func return if else for range switch case default go defer chan map struct interface type var const break continue select nil true false"),
        new("rust", ["rust", "rs"], Slashes, "fn let mut pub use mod crate self Self struct enum impl trait for in if else match loop while return break continue as const static ref move async await dyn where unsafe true false"),
        new("yaml", ["yaml", "yml"], Hash, "true false null yes no on off"),
        new("dockerfile", ["dockerfile", "docker"], Hash, "FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG AS HEALTHCHECK SHELL"),
    ];

    public string Id => "nexus-" + id;
    public string Name => id;
    public string CssClassName => id;
    public string FirstLinePattern => "";

    public IList<LanguageRule> Rules =>
    [
        new(comment, new Dictionary<int, string> { [1] = "Comment" }),
        new(Strings, new Dictionary<int, string> { [1] = "String" }),
        new(@"(\$\{?\w+\}?)", new Dictionary<int, string> { [1] = "Variable" }),
        new($@"(?<![\w.-])({words.Replace(' ', '|')})(?![\w-])", new Dictionary<int, string> { [1] = "Keyword" }),
        new(@"(?<![\w.-])(\d[\d_]*(?:\.\d+)?)(?![\w.-])", new Dictionary<int, string> { [1] = "Number" }),
    ];

    public bool HasAlias(string lang) => aliases.Contains(lang);
}

namespace Nexus.Bench.Demo;

/// <summary>How fast models answer and people act.</summary>
internal static class Tempo
{
    /// <summary>Until a model's first event.</summary>
    public static TimeSpan First(string model) => Family(model) switch
    {
        "opus" => Between(1200, 2600),
        "sonnet" => Between(700, 1600),
        _ => Between(250, 600),
    };

    /// <summary>Between two events of about six tokens.</summary>
    public static TimeSpan Gap(string model) => Family(model) switch
    {
        "opus" => Between(100, 150),
        "sonnet" => Between(70, 110),
        _ => Between(25, 45),
    };

    public static TimeSpan ToolRuns() => Between(300, 2500);

    public static TimeSpan UserReads() => Between(3000, 9000);

    public static TimeSpan Between(int least, int most) => TimeSpan.FromMilliseconds(Random.Shared.Next(least, most));

    private static string Family(string model) => model.Split('-')[1];
}

namespace Nexus.Web.Cli;

internal static class Commands
{
    public static async Task<int> RunAsync(string[] args)
    {
        await Program.Build(args).RunAsync();
        return 0;
    }
}

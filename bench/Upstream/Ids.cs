namespace Nexus.Bench.Upstream;

internal static class Ids
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    /// <summary>An id in the API's form: the prefix, then 22 letters and digits.</summary>
    public static string New(string prefix) => prefix + string.Create(22, 0, static (letters, _) => System.Security.Cryptography.RandomNumberGenerator.GetItems(Alphabet, letters));
}

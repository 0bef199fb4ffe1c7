using System.Text.Json.Nodes;

namespace Nexus.Web.Credentials.Sealing;

/// <summary>Seals and opens the secrets of credential files in place.</summary>
internal sealed class SealedFiles(CredentialSeal seal)
{
    /// <returns>How many secrets were changed.</returns>
    public int Seal(string path) => Change(path, value => CredentialSeal.IsSealed(value) ? null : seal.Seal(value));

    public int Unseal(string path) => Change(path, value => CredentialSeal.IsSealed(value) ? seal.Open(value) : null);

    /// <summary>Seals again, with the newest key, what is sealed.</summary>
    public int Reseal(string path) => Change(path, value => CredentialSeal.IsSealed(value) ? seal.Seal(seal.Open(value)) : null);

    /// <summary>How many of a file's secrets are sealed, and how many there are.</summary>
    public static (int Sealed, int All) Count(string path)
    {
        var secrets = CredentialDocument.Read(path).Holders.SelectMany(Secrets).ToList();
        return (secrets.Count(secret => CredentialSeal.IsSealed(secret.Value)), secrets.Count);
    }

    private static int Change(string path, Func<string, string?> change)
    {
        var document = CredentialDocument.Read(path);
        var changed = 0;
        foreach (var (holder, name, value) in document.Holders.SelectMany(Secrets).ToList())
        {
            if (change(value) is not { } next)
                continue;
            holder[name] = next;
            changed++;
        }

        if (changed > 0)
            document.Write();
        return changed;
    }

    private static IEnumerable<(JsonObject Holder, string Name, string Value)> Secrets(JsonObject account)
    {
        foreach (var (holder, names) in new (JsonObject?, string[])[] { (account, ["api_key", "client_api_key"]), (account["oauth"] as JsonObject, ["accessToken", "refreshToken"]) })
            foreach (var name in holder is null ? [] : names)
                if (holder![name] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0)
                    yield return (holder, name, text);
    }
}

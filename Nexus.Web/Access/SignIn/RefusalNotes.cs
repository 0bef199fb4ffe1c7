using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace Nexus.Web.Access.SignIn;

/// <param name="Name">Whom the provider vouched for.</param>
internal sealed record RefusalNote(string Name, Refused Why);

/// <summary>Carries a refusal from the provider's answer to the page that explains it, sealed: nobody else makes that page say something.</summary>
internal sealed class RefusalNotes(IDataProtectionProvider protection)
{
    private static readonly TimeSpan Lasts = TimeSpan.FromMinutes(10);
    private readonly ITimeLimitedDataProtector _seal = protection.CreateProtector("nexus.refusal").ToTimeLimitedDataProtector();

    public string Write(RefusalNote note) => _seal.Protect(JsonSerializer.Serialize(note), Lasts);

    /// <summary>Null for what is none, or too old.</summary>
    public RefusalNote? Read(string? text)
    {
        if (text is not { Length: > 0 and < 2000 })
            return null;
        try
        {
            return JsonSerializer.Deserialize<RefusalNote>(_seal.Unprotect(text));
        }
        catch (Exception error) when (error is CryptographicException or JsonException or FormatException)
        {
            return null;
        }
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials.Sealing;

namespace Nexus.Web.Credentials.Pool;

/// <summary>The accounts' states as the last run knew them, sealed in DATA_DIR/keys/accounts.sealed: a restart forgets no cooldown, with or without a database.</summary>
internal sealed class AccountStateFile(CredentialSeal seal, IOptions<DataOptions> data, ILogger<AccountStateFile> logger)
{
    private readonly SealedFile _file = new(seal, Path.Combine(data.Value.KeysDirectory, "accounts.sealed"), logger);

    public IReadOnlyList<KeptAccount> Read()
    {
        try
        {
            return _file.Read() is { } content ? JsonSerializer.Deserialize(content, AccountStateJson.Default.IReadOnlyListKeptAccount) ?? [] : [];
        }
        catch (JsonException)
        {
            // Another version's.
            return [];
        }
    }

    /// <returns>Whether the file says it now.</returns>
    public bool Write(IEnumerable<AccountState> states) => _file.Write(JsonSerializer.SerializeToUtf8Bytes<IReadOnlyList<KeptAccount>>(
        [.. states.Where(state => state.Status != AccountStatus.Fresh).OrderBy(state => state.Id, StringComparer.Ordinal).Select(state => KeptAccount.Of(state.Id, state.Status))],
        AccountStateJson.Default.IReadOnlyListKeptAccount));
}

/// <summary>An account's status without what is only of the moment.</summary>
internal sealed record KeptAccount(
    string Id, AccountMode Mode, DateTimeOffset? ModeSince, string? ModeBy, ImmutableArray<Cooldown> Cooldowns, ImmutableArray<AccountWindow> Windows, string? LastError, DateTimeOffset? LastErrorAt)
{
    public static KeptAccount Of(string id, AccountStatus status) =>
        new(id, status.Mode, status.ModeSince, status.ModeBy, [.. status.Cooldowns.Select(cooldown => cooldown with { ProbeUntil = null })], status.Windows, status.LastError, status.LastErrorAt);

    public AccountStatus ToStatus() => new()
    {
        Mode = Mode,
        ModeSince = ModeSince,
        ModeBy = ModeBy,
        Cooldowns = Cooldowns.IsDefault ? [] : Cooldowns,
        Windows = Windows.IsDefault ? [] : Windows,
        LastError = LastError,
        LastErrorAt = LastErrorAt,
    };
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<KeptAccount>))]
internal sealed partial class AccountStateJson : JsonSerializerContext;

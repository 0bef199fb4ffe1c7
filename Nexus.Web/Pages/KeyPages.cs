using System.Globalization;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Credentials;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>What the pages of keys share: the form's fields, and how a new key is shown.</summary>
internal sealed class KeyPages(CredentialFiles files, ProxyAddress proxy)
{
    public NewKey New(KeyLine line, string secret) => new(KeyPart.Of(line), secret, proxy.ForDomain(line.Domain), files.Find(line.Domain) is not null);

    /// <summary>The domains that a key may be wanted for: those with an account, and those with keys.</summary>
    public IReadOnlyList<string> Domains(IEnumerable<KeyLine> keys) => [.. files.Domains.Concat(keys.Select(key => key.Domain)).Distinct().Order(StringComparer.Ordinal)];

    public static KeyFields Read(IFormCollection form) => new(
        form["name"].ToString(), form["owner"].ToString(), form["domain"].ToString(), form["models"].ToString(), form["expires"].ToString(), form["capture"].ToString(), form["reason"].ToString());

    public static KeyFields FieldsOf(KeyLine line) => new(
        line.Name, line.Owner, line.Domain, string.Join(", ", line.AllowedModels), Time(line.ExpiresAt), line.Capture ?? "", line.CaptureReason ?? "");

    /// <exception cref="KeyProblemException">A field cannot be read.</exception>
    public static KeyRequest ToRequest(KeyFields fields, ClientKeyRow? row, DateTimeOffset now)
    {
        try
        {
            // The field shows minutes: unchanged, the expiry stays to the second.
            var expires = row is not null && fields.Expires == Time(row.ExpiresAt) ? row.ExpiresAt : Moment.ParseOptional(fields.Expires is "never" ? null : fields.Expires, now);
            return new(fields.Name, fields.Owner, row?.Domain ?? fields.Domain, ModelPatterns.Split(fields.Models), fields.Capture.Length == 0 ? null : CaptureLevels.Parse(fields.Capture), fields.Reason, expires);
        }
        catch (FormatException error)
        {
            throw new KeyProblemException([error.Message]);
        }
    }

    private static string Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) ?? "";
}

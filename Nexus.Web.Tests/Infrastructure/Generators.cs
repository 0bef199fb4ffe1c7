using CsCheck;

namespace Nexus.Web.Tests.Infrastructure;

internal static class Generators
{
    public static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(place => values[place]);
}

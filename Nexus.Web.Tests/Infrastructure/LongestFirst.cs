using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Nexus.Web.Tests.Infrastructure.LongestFirst", "Nexus.Web.Tests")]

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>What takes minutes in one go begins first, so that at the end no processor waits for the last of it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = ["Browser", ".Clients."];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => Array.FindIndex(Long, part => collection.DisplayName.Contains(part, StringComparison.Ordinal)) is var found and >= 0 ? found : Long.Length);
}

using System.Reflection;
using System.Text.RegularExpressions;

namespace RaftCluster.Tests.Architecture;

/// <summary>A page that says a promise is confirmed by a test names one that is there.</summary>
public sealed partial class NamedTests
{
    [Fact]
    public void Every_test_that_a_page_names_exists()
    {
        var tests = typeof(NamedTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance).Select(method => $"{type.Name}.{method.Name}"))
            .ToHashSet();
        var named = Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Repository.Root, "README.md"))
            .SelectMany(page => Name().Matches(File.ReadAllText(page)).Select(name => (Path.GetFileName(page), name.Groups["name"].Value)))
            .ToList();

        Assert.Contains(named, test => test.Item1 == "durability.md");
        Assert.All(named, test => Assert.Contains(test.Value, tests));
    }

    [GeneratedRegex(@"`(?<name>\w+Tests\.\w+)`")]
    private static partial Regex Name();
}

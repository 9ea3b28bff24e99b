using System.Text.RegularExpressions;
using System.Xml.Linq;
using RaftCluster.Client;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Tests.Client.Examples;

/// <summary>What the documentation shows is what was compiled, word for word; and what was compiled is shown.</summary>
public sealed partial class ExampleTests
{
    private static readonly string[] _pages = ["README.md", "src/Client/README.md"];

    private static readonly Dictionary<string, string> _compiled = Region()
        .Matches(File.ReadAllText(Path.Combine(Repository.Root, "tests/Client/Examples/ClientExamples.cs")))
        .ToDictionary(region => region.Groups["name"].Value, region => Flush(region.Groups["code"].Value));

    [Fact]
    public void Every_example_of_the_API_documentation_is_compiled()
    {
        var shown = InApi().ToList();

        Assert.NotEmpty(shown);
        Assert.All(shown, example => Assert.Contains(example.Code, _compiled.Values));
    }

    [Fact]
    public void Every_csharp_block_of_the_pages_is_compiled()
    {
        var shown = InPages().ToList();

        Assert.All(_pages, page => Assert.Contains(shown, example => example.Place == page));
        Assert.All(shown, example => Assert.Contains(example.Code, _compiled.Values));
    }

    [Fact]
    public void Nothing_is_compiled_that_is_not_shown()
    {
        var shown = InApi().Concat(InPages()).Select(example => example.Code).ToHashSet();

        Assert.All(_compiled, region => Assert.True(shown.Contains(region.Value), $"no page shows the region '{region.Key}'"));
    }

    [Theory]
    [InlineData("AddRaftCluster")]
    [InlineData("LockClient.AcquireAsync")]
    [InlineData("Transaction")]
    public void What_is_used_most_has_an_example(string member) =>
        Assert.Contains(InApi(), example => example.Place.Contains(member, StringComparison.Ordinal));

    private static IEnumerable<(string Place, string Code)> InApi() =>
        from member in XDocument.Load(Path.ChangeExtension(typeof(RaftClusterClient).Assembly.Location, ".xml")).Descendants("member")
        from code in member.Descendants("code")
        select ((string)member.Attribute("name")!, Flush(code.Value));

    private static IEnumerable<(string Place, string Code)> InPages() =>
        from page in _pages
        from Match block in Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, page)))
        select (page, Flush(block.Groups["code"].Value));

    /// <summary>Without the indentation that all lines share, and empty lines around.</summary>
    private static string Flush(string code)
    {
        var lines = code.TrimEnd().Split('\n').SkipWhile(string.IsNullOrWhiteSpace).ToArray();
        var indentation = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Trim().Length == 0 ? "" : line[indentation..].TrimEnd()));
    }

    [GeneratedRegex(@"#region (?<name>\w+)\n(?<code>.*?)\n\s*#endregion", RegexOptions.Singleline)]
    private static partial Regex Region();

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}

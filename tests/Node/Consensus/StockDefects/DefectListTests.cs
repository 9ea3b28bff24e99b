using System.Reflection;
using System.Text.RegularExpressions;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>Each of the library's defects is held by a test of ours and one of the library's, and the list names both.</summary>
public sealed partial class DefectListTests
{
    private const int Defects = 11;

    private static readonly string[] _tests =
    [
        .. typeof(DefectListTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(method => method.GetCustomAttribute<FactAttribute>(inherit: true) is not null)
            .Select(method => method.Name)
            .Where(name => name.StartsWith("Defect_", StringComparison.Ordinal)),
    ];

    [Fact]
    public void Each_defect_has_a_test_of_ours_and_one_of_the_librarys() => Assert.All(Enumerable.Range(1, Defects), number =>
    {
        var named = _tests.Where(name => name.StartsWith($"Defect_{number}_", StringComparison.Ordinal)).ToList();
        Assert.Contains(named, name => name.Contains("_library", StringComparison.Ordinal));
        Assert.Contains(named, name => !name.Contains("_library", StringComparison.Ordinal));
    });

    [Fact]
    public void The_list_names_every_test_that_there_is_and_no_other()
    {
        var rows = File.ReadLines(List()).Select(line => Row().Match(line)).Where(row => row.Success).ToList();
        Assert.Equal(Enumerable.Range(1, Defects).Select(number => $"{number}"), rows.Select(row => row.Groups[1].Value));
        foreach (var row in rows)
        {
            var tests = _tests.Where(name => name.StartsWith($"Defect_{row.Groups[1].Value}_", StringComparison.Ordinal)).ToList();
            var told = Name().Matches(row.Groups[2].Value).Select(name => name.Groups[1].Value).ToList();
            Assert.All(told, name => Assert.Contains(tests, test => test.EndsWith(name, StringComparison.Ordinal)));
            Assert.All(tests, test => Assert.Contains(told, name => test.EndsWith(name, StringComparison.Ordinal)));
        }
    }

    private static string List([System.Runtime.CompilerServices.CallerFilePath] string source = "") =>
        Path.Combine(Path.GetDirectoryName(source)!, "..", "..", "..", "..", "docs", "stock-defects.md");

    /// <summary>A line of the list: the defect's number, and the last column.</summary>
    [GeneratedRegex(@"^\| (\d+) \|.*\|([^|]*)\|$")]
    private static partial Regex Row();

    /// <summary>A test's name, or the end of one, behind the class or an ellipsis.</summary>
    [GeneratedRegex(@"(?:\.|…|`)(Defect_\w+|(?<=…)\w+)`")]
    private static partial Regex Name();
}

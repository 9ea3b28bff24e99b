namespace RaftCluster.Tests.Architecture;

/// <summary>What no reviewer should have to say twice.</summary>
public sealed class LintTests
{
    private const int MostLines = 400;

    [Fact]
    public void A_file_holds_one_idea_and_at_most_400_lines() => Assert.Empty(
        Repository.Sources().Where(source => source.Lines > MostLines).Select(source => $"{source.Path}: {source.Lines}"));

    [Fact]
    public void Nothing_is_left_to_do()
    {
        // Spelt so that this file doesn't hold the words.
        string[] promises = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "Not" + "ImplementedException"];

        Assert.Empty(
            from source in Repository.Sources()
            from promise in promises
            where source.Text.Contains(promise, StringComparison.Ordinal)
            select $"{source.Path}: {promise}");
    }

    [Fact]
    public void Nobody_sleeps_where_a_condition_can_be_awaited() => Assert.Empty(
        Repository.Sources().Where(source => source.Names("Thread.Sleep")).Select(source => source.Path));
}

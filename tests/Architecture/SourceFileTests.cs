namespace RaftCluster.Tests.Architecture;

/// <summary>The lint below is worth something only if it sees what it looks for.</summary>
public sealed class SourceFileTests
{
    [Theory]
    [InlineData("using Wanted.Inner;", true)]
    [InlineData("var x = Wanted.Now;", true)]
    [InlineData("x(); // no Wanted", false)]
    [InlineData("/* no\nWanted */ x();", false)]
    [InlineData("x(\"no \\\" Wanted\");", false)]
    [InlineData("x(@\"no \"\" Wanted\"); ", false)]
    [InlineData("x(@\"\\\"); Wanted.Now();", true)]
    [InlineData("x(\"\"\"no \"Wanted\" \"\"\");", false)]
    [InlineData("x('\"'); Wanted.Now(); y('\"');", true)]
    [InlineData("Unwanted.Now(); WantedMore();", false)]
    public void Code_is_what_remains_without_comments_and_literals(string text, bool found) =>
        Assert.Equal(found, new SourceFile("a.cs", text).Names("Wanted"));

    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1)]
    [InlineData("a\n", 1)]
    [InlineData("a\nb\n", 2)]
    public void Lines_are_counted_with_or_without_a_last_newline(string text, int lines) =>
        Assert.Equal(lines, new SourceFile("a.cs", text).Lines);
}

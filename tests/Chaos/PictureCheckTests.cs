using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos;

public sealed class PictureCheckTests
{
    private static readonly Operation[] _writes =
        [Ops.Write("a", "1", 0, 1, revision: 1), Ops.Write("b", "2", 2, 3, revision: 2), Ops.Write("a", "3", 4, 5, revision: 3)];

    [Theory]
    [InlineData("1", 1L, 2L)]
    [InlineData("3", 3L, 3L)]
    [InlineData("?", 4L, 5L)]
    public void Old_pictures_are_right_when_they_are_whole(string value, long row, long revision) =>
        Assert.Empty(Judge(Ops.Read("a", value, 9, 10, revision, row, Consistency.Local)));

    [Theory]
    [InlineData("1", 1L, 3L)]
    [InlineData(null, null, 1L)]
    [InlineData("2", 1L, 2L)]
    [InlineData("3", 3L, 2L)]
    public void A_picture_that_misses_a_write_or_shows_another_is_caught(string? value, long? row, long revision) =>
        Assert.NotEmpty(Judge(Ops.Read("a", value, 9, 10, revision, row, Consistency.Local)));

    [Fact]
    public void What_was_deleted_is_not_there()
    {
        var delete = Ops.Write("a", null, 6, 7, revision: 4);

        Assert.Empty(Judge(delete, Ops.Read("a", null, 9, 10, revision: 4)));
        Assert.Single(Judge(delete, Ops.Read("a", "3", 9, 10, revision: 4, row: 3)));
    }

    [Fact]
    public void A_list_shows_all_rows_of_one_revision()
    {
        Assert.Empty(Judge(Ops.List("", 9, 10, 2, ("a", "1", 1), ("b", "2", 2))));
        Assert.Single(Judge(Ops.List("", 9, 10, 3, ("a", "1", 1), ("b", "2", 2))));
        Assert.Single(Judge(Ops.List("", 9, 10, 3, ("a", "3", 3))));
    }

    [Fact]
    public void An_unknown_write_proves_nothing() =>
        Assert.Empty(Judge(Ops.Write("a", "4", 6, 7).Unknown(), Ops.Read("a", "4", 9, 10, revision: 4, row: 4)));

    [Fact]
    public void A_row_may_be_gone_by_a_deletion_of_unknown_outcome()
    {
        var delete = Ops.Write("a", null, 0, 1).Unknown();

        Assert.Empty(Judge(delete, Ops.Read("a", null, 9, 10, revision: 3)));
        Assert.Single(Judge(delete, Ops.Read("a", "1", 9, 10, revision: 3, row: 1)));
    }

    private static List<Violation> Judge(params Operation[] more) => [.. PictureCheck.Judge([.. _writes, .. more])];
}

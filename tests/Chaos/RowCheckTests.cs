using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;
using static RaftCluster.Tests.Chaos.Writes;

namespace RaftCluster.Tests.Chaos;

public sealed class RowCheckTests
{
    private static readonly WriteOperation[] _overwritten =
    [
        Done("shared", "1", revision: 1), Unknown("shared", "u"), Refused("shared", "r"), Done("shared", "2", revision: 3, version: 2),
    ];

    [Fact]
    public void What_was_told_and_is_there_is_right()
    {
        WriteOperation[] writes = [Done("a", "1", 1), Unknown("b", "2"), Unknown("c", "3"), Refused("d", "4")];

        Assert.Empty(RowCheck.Judge(writes, Rows(2, ("a", "1", 1, 1), ("b", "2", 2, 1))));
    }

    [Theory]
    [InlineData("2", 3, 2)]
    [InlineData("2", 3, 3)]
    [InlineData("u", 4, 3)]
    public void An_overwritten_row_has_its_last_acknowledged_value_or_a_later_unknown_one(string value, long revision, long version) =>
        Assert.Empty(RowCheck.Judge(_overwritten, Rows(4, ("shared", value, revision, version))));

    [Theory]
    [InlineData("1", 1, 1)]
    [InlineData("u", 2, 2)]
    [InlineData("u", 3, 2)]
    [InlineData("1", 4, 3)]
    [InlineData("2", 4, 3)]
    [InlineData("2", 3, 1)]
    [InlineData("2", 3, 4)]
    public void An_overwritten_row_that_went_back_is_lost(string value, long revision, long version) => Assert.Equal(
        Promise.NothingAcknowledgedIsLost,
        Assert.Single(RowCheck.Judge(_overwritten, Rows(4, ("shared", value, revision, version)))).Promise);

    [Fact]
    public void A_row_that_is_gone_is_lost()
    {
        var violation = Assert.Single(RowCheck.Judge([Done("a", "1", 7)], Rows(9)));

        Assert.Equal((Promise.NothingAcknowledgedIsLost, "a", "no row"), (violation.Promise, violation.Subject, violation.Found));
        Assert.Contains("'1' of revision 7", violation.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_at_another_revision_than_its_client_was_told_is_lost() => Assert.Equal(
        Promise.NothingAcknowledgedIsLost, Assert.Single(RowCheck.Judge([Done("a", "1", 7)], Rows(9, ("a", "1", 8, 1)))).Promise);

    [Theory]
    [InlineData("a", "4")]
    [InlineData("a", "never written")]
    [InlineData("never written", "1")]
    public void What_was_refused_or_never_written_must_not_be_there(string key, string value) => Assert.Contains(
        RowCheck.Judge([Refused("a", "4")], Rows(1, (key, value, 1, 1))), each => each.Promise == Promise.NothingComesFromNowhere);
}

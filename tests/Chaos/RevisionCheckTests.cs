using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;
using static RaftCluster.Tests.Chaos.Writes;

namespace RaftCluster.Tests.Chaos;

public sealed class RevisionCheckTests
{
    [Fact]
    public void Writes_at_the_same_time_may_get_revisions_in_any_order()
    {
        WriteOperation[] writes = [Done("a", "1", 2, begun: 0, ended: 10), Done("b", "2", 1, begun: 5, ended: 15), Unknown("c", "3")];

        Assert.Empty(RevisionCheck.Judge(writes, Rows(2, ("a", "1", 2, 1), ("b", "2", 1, 1))));
        Assert.Empty(RevisionCheck.Judge(writes, Rows(3, ("a", "1", 2, 1), ("b", "2", 1, 1), ("c", "3", 3, 1))));
    }

    [Fact]
    public void A_later_write_has_a_higher_revision()
    {
        WriteOperation[] writes = [Done("a", "1", 2, begun: 0, ended: 4), Done("b", "2", 1, begun: 5, ended: 15)];

        Assert.Equal("b", Assert.Single(RevisionCheck.Judge(writes, Rows(2))).Subject);
    }

    [Fact]
    public void A_revision_is_given_once()
    {
        WriteOperation[] told = [Done("a", "1", 1), Done("b", "2", 1), Done("c", "3", 2)];
        WriteOperation[] shown = [Done("a", "1", 1), Unknown("b", "2")];

        Assert.Equal("revision 1", Assert.Single(RevisionCheck.Judge(told, Rows(3))).Subject);
        Assert.Equal("revision 1", Assert.Single(RevisionCheck.Judge(shown, Rows(2, ("a", "1", 1, 1), ("b", "2", 1, 1)))).Subject);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 1)]
    public void There_are_as_many_revisions_as_writes(long revision, int violations) => Assert.Equal(
        violations,
        RevisionCheck.Judge([Done("a", "1", 1), Done("b", "2", 2), Unknown("c", "3"), Refused("d", "4")], Rows(revision)).Count());
}

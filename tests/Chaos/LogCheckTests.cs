using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;
using static RaftCluster.Tests.Chaos.Writes;

namespace RaftCluster.Tests.Chaos;

public sealed class LogCheckTests
{
    private static readonly WriteOperation[] _writes = [Done("a", "1", 1), Done("b", "2", 2), Unknown("c", "3"), Done("shared", "4", 3)];

    [Fact]
    public void Equal_logs_may_end_at_different_places_behind_what_is_applied() =>
        Assert.Empty(LogCheck.Equal(Copies(Log("a", "b", "c"), Log("a", "b"), Log("a", "b")), applied: 2));

    [Fact]
    public void An_entry_that_differs_is_told_for_each_pair()
    {
        var violations = LogCheck.Equal(Copies(Log("a", "b"), Log("a", "x"), Log("a", "b")), applied: 2).ToList();

        Assert.Equal(2, violations.Count);
        Assert.All(violations, each => Assert.Equal((Promise.NodesAreEqual, "index 2"), (each.Promise, each.Subject)));
    }

    [Fact]
    public void Behind_what_is_applied_only_the_same_term_means_the_same_entry()
    {
        var other = Log("a");
        other.Write(2, Entry("x", term: 2));

        Assert.Empty(LogCheck.Equal(Copies(Log("a", "b"), other), applied: 1));
        Assert.Single(LogCheck.Equal(Copies(Log("a", "b"), other), applied: 2));
        Assert.Single(LogCheck.Equal(Copies(Log("a", "b"), Log("a", "x")), applied: 1));
    }

    [Fact]
    public void A_log_that_is_too_short_is_told() =>
        Assert.Equal("the log of n2", Assert.Single(LogCheck.Equal(Copies(Log("a", "b"), Log("a")), applied: 2)).Subject);

    [Fact]
    public void What_was_acknowledged_is_on_a_majority_of_disks()
    {
        Assert.Empty(LogCheck.OnAMajority(_writes, Copies(Log("a", "b", "c"), Log("a"), Log("b"))));

        var violation = Assert.Single(LogCheck.OnAMajority(_writes, Copies(Log("a", "b"), Log("a"), Log("c"))));
        Assert.Equal(
            (Promise.CommittedMeansOnAMajorityOfDisks, "b", "on n1 alone"),
            (violation.Promise, violation.Subject, violation.Found));
    }

    [Fact]
    public void What_a_log_was_cut_behind_counts_as_on_that_disk_and_what_it_lacks_after_that_does_not()
    {
        var cut = new LogCopy();
        cut.Begin(1);
        Assert.Equal((1, 1), (cut.Floor, cut.Last));
        Assert.Empty(LogCheck.Equal(Copies(Log("a"), cut), applied: 1));
        cut.Write(2, Entry("b", term: 1));

        Assert.Empty(LogCheck.OnAMajority(_writes, Copies(cut, Log("a", "b"), Log())));
        Assert.Empty(LogCheck.OnAMajority(_writes, Copies(cut, cut, Log())));
        Assert.Equal("b", Assert.Single(LogCheck.OnAMajority(_writes, Copies(Cut(1), Log("a", "b"), Log("a")))).Subject);

        static LogCopy Cut(long at)
        {
            var log = new LogCopy();
            log.Begin(at);
            return log;
        }
    }

    [Fact]
    public void A_record_replaces_what_stood_at_and_after_its_index()
    {
        var log = Log("a", "b", "c", "d");
        log.Write(2, Entry("x", term: 2));

        Assert.Equal((2, 2), (log.Last, log.Entries.Count));
        Assert.Equal("x", log.Entries[2].PayloadHash);
    }

    [Fact]
    public void Damage_is_a_violation()
    {
        var log = Log("a");
        log.Damage.Add("an unreadable record");

        Assert.Equal("the log of n1", Assert.Single(LogCheck.Sound(Copies(log, Log("a")))).Subject);
    }

    private static LoggedEntry Entry(string key, long term) => new(term, "command", PayloadHash: key, [key]);

    private static LogCopy Log(params string[] keys)
    {
        var log = new LogCopy();
        foreach (var key in keys)
        {
            log.Write(log.Last + 1, Entry(key, term: 1));
        }

        return log;
    }

    private static Dictionary<string, LogCopy> Copies(params LogCopy[] logs) =>
        logs.Select((log, i) => (log, i)).ToDictionary(each => $"n{each.i + 1}", each => each.log);
}

using Microsoft.AspNetCore.Http;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Http;
using RaftCluster.Node.Http.Feeds;

namespace RaftCluster.Tests.Node.Http;

/// <summary>A feed's cursor is good in the history that gave it, and in no other.</summary>
public sealed class FeedCursorTests
{
    private static readonly History _first = new(0x1122334455667788, 1);
    private static readonly History _restored = new(0x99aabbccddeeff00, 2);
    private static readonly History _again = new(0x0123456789abcdef, 2);

    /// <summary>history, cursor, the revision after it; null when it is refused</summary>
    public static TheoryData<History, string, long?> Cursors => new()
    {
        { _first, "7", 8 },
        { _first, "7@2-99aabbcc", null },
        { _restored, "7@2-99aabbcc", 8 },
        { _restored, "7", null },
        { _restored, "7@1-99aabbcc", null },
        // Another cluster restored from the same backup.
        { _again, "7@2-99aabbcc", null },
        { _restored, "7@", null },
        { _restored, "x@2-99aabbcc", null },
    };

    [Theory, MemberData(nameof(Cursors))]
    public void It_is_read_in_its_own_history_alone(History history, string cursor, long? next)
    {
        var headers = new HeaderDictionary { [HeaderNames.LastEventId] = cursor };
        Assert.Null(QueryParameters.Read("", out var query));
        var problem = FeedQuery.Read(in query, headers, history, out var feed);
        Assert.Equal(next, feed?.From);
        Assert.Equal(next is null ? "Last-Event-ID" : null, problem?.Field);
    }

    [Fact]
    public void A_refusal_names_the_history()
    {
        Assert.Null(QueryParameters.Read("", out var query));
        var problem = FeedQuery.Read(in query, new HeaderDictionary { [HeaderNames.LastEventId] = "7" }, _restored, out _);
        Assert.Contains("this is cluster 99aabbccddeeff00, epoch 2", problem!.Detail, StringComparison.Ordinal);
    }
}

using System.Text;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Leases;
using RaftCluster.StateMachine.Locks;

namespace RaftCluster.Tests.StateMachine.Locks;

/// <summary>The bytes of the rows that docs/formats/system-rows.md describes: every replica, of whatever version, writes these.</summary>
public sealed class SystemRowTests
{
    private const string Lock = """
        {"guard":[{"table":"kv","prefix":"jobs/"}],"fence":31,"owner":"a","lease":31,"since":1764107100123456,"waiters":[{"owner":"b","lease":33,"since":1764107100223456,"guard":[{"table":"kv","prefix":"cron/"}]},{"owner":"c","lease":35,"since":1764107100323456}]}
        """;

    [Theory]
    [InlineData("worker 7", """{"ttl":10000,"implicit":false,"created":1764107100123456,"owner":"worker 7"}""")]
    [InlineData("ö\"\\\n\u001f/<😀>", """{"ttl":10000,"implicit":false,"created":1764107100123456,"owner":"ö\"\\\u000a\u001f/<😀>"}""")]
    [InlineData(null, """{"ttl":10000,"implicit":false,"created":1764107100123456}""")]
    public void A_lease_has_these_bytes(string? owner, string json)
    {
        var lease = new LeaseRecord(10_000, Implicit: false, 1_764_107_100_123_456, owner);

        Assert.Equal(json, Encoding.UTF8.GetString(lease.ToJson()));
        Assert.Equal(lease, LeaseRecord.Read(lease.ToJson()));
        Assert.Equal((byte[])[.. "17"u8], LeaseRecord.KeyOf(17));
    }

    [Fact]
    public void A_lock_has_these_bytes()
    {
        var row = new LockRow(
            [new Guard("kv", "jobs/")],
            31,
            new LockHolder("a", 31, 1_764_107_100_123_456),
            [
                new LockWaiter("b", 33, 1_764_107_100_223_456, [new Guard("kv", "cron/")]),
                new LockWaiter("c", 35, 1_764_107_100_323_456, []),
            ]);

        Assert.Equal(Lock, Encoding.UTF8.GetString(row.ToJson()));
        Assert.Equal(Lock, Encoding.UTF8.GetString(LockRow.Read(row.ToJson()).ToJson()));
        Assert.Equal(
            """{"guard":[],"fence":31,"waiters":[]}""",
            Encoding.UTF8.GetString(new LockRow([], 31, null, []).ToJson()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"guard":[],"fence":"31","waiters":[]}""")]
    [InlineData("""{"guard":[],"fence":31,"owner":"a","waiters":[]}""")]
    [InlineData("""{"guard":[],"fence":31}""")]
    public void What_is_no_lock_is_not_guessed_at(string json) =>
        Assert.Throws<InvariantException>(() => LockRow.Read(Encoding.UTF8.GetBytes(json)));
}

using RaftCluster.StateMachine;

namespace RaftCluster.Tests.StateMachine;

public sealed class GrowthTests
{
    private static readonly byte[] _key = "k"u8.ToArray();

    public static TheoryData<bool, Operation> Operations => new()
    {
        { true, new Operation.Put("kv", _key, _key, null, default) },
        { true, new Operation.Patch("t", _key, "{}"u8.ToArray(), MustExist: false) },
        { true, new Operation.Add("kv", _key, null, "1"u8.ToArray()) },
        { true, new Operation.GrantLease(1000, null) },
        { true, new Operation.AcquireLock("l", "me", 1000, Queue: true, []) },
        { false, new Operation.Delete("kv", _key) },
        { false, new Operation.DeleteRange("kv", default, default) },
        { false, new Operation.Get("kv", _key) },
        { false, new Operation.Range("kv", default, default, 10) },
        { false, new Operation.EndLeases([1], 0) },
        { false, new Operation.ReleaseLock("l", "me", 0, Force: false, DropGuard: false) },
        { false, new Operation.LeaveQueue("l", "me") },
        { false, new Operation.Compact(7) },
    };

    [Theory, MemberData(nameof(Operations))]
    public void What_makes_or_rewrites_rows_grows_in_either_branch(bool grows, Operation operation)
    {
        var delete = new Operation.Delete("kv", _key);
        Assert.Equal(grows, Growth.IsIn(EntryCodec.EncodeTransaction(new Transaction([], [], [delete, operation], []))));
        Assert.Equal(grows, Growth.IsIn(EntryCodec.EncodeTransaction(new Transaction([], [], [delete], [operation]))));
    }

    [Fact]
    public void Every_operation_is_one_or_the_other()
    {
        var known = Operations.Select(row => row.Data.Item2.GetType()).ToHashSet();
        Assert.All(
            typeof(Operation).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(Operation))),
            type => Assert.Contains(type, known));
    }

    [Fact]
    public void A_single_put_grows_and_a_single_delete_does_not()
    {
        Assert.True(Growth.IsIn(EntryCodec.EncodeTransaction(new Command.Put("kv", _key, _key, null, Precondition.None))));
        Assert.False(Growth.IsIn(EntryCodec.EncodeTransaction(new Command.Delete("kv", _key, Precondition.None))));
        Assert.False(Growth.IsIn(EntryCodec.EncodeTransaction(new Command.DeleteRange("kv", default, default))));
    }

    [Fact]
    public void It_is_asked_before_a_frame_is_put_around() => Assert.Throws<InvariantException>(() => Growth.IsIn(
        EntryCodec.EncodeFramed(null, [], EntryCodec.EncodeTransaction(new Command.Delete("kv", _key, Precondition.None)))));
}

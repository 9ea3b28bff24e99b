using RaftCluster.Node.Configuration;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>Whether the leader takes a write, as far as room on disks goes.</summary>
internal static class RoomForWrites
{
    private const string ToDo =
        "give the disk more room; or delete rows and then drop their history (raftctl compact, POST /v1/compact): "
        + "that still works, and writes go on by themselves once there is room";

    /// <summary>
    /// The refusal of a write that grows while this node's disk is low, or so many voters' disks are that one more could
    /// leave no majority with room. One follower whose disk is low among enough others does not hold up the cluster.
    /// </summary>
    /// <param name="api">This node, which leads.</param>
    /// <param name="transaction">What the write is to propose, not framed.</param>
    /// <returns>Null when it is taken.</returns>
    public static Problem? Refuse(Api api, ReadOnlySpan<byte> transaction)
    {
        var own = api.Space is { } space && space.Look() is { IsLow: true } low
            ? new FullDisk(space.Node, space.Folder, low.Free, low.Reserve + low.Working)
            : null;
        var others = own is null ? api.Consensus.VotersWithoutRoom : [];
        if (own is null && others.Count == 0)
        {
            return null;
        }

        if (!Growth.IsIn(transaction))
        {
            return own is null ? null : RefuseRemoval(api, transaction, own);
        }

        if (own is not null)
        {
            return Full(
                $"the disk of {own.Node}, which leads, has {ByteSize.Show(own.Free)} left for {own.Folder}, below the "
                + $"{ByteSize.Show(own.Needed!.Value)} that the reserve (--disk-reserve) and rewriting its files need; nothing was done: {ToDo}",
                [own]);
        }

        FullDisk[] full = [.. others.Select(voter => new FullDisk(voter.Member.Id, null, voter.Room!.Free, null))];
        return Full(
            $"the disks of {string.Join(" and ", full.Select(disk => $"{disk.Node} ({ByteSize.Show(disk.Free)} left)"))} are below their reserves, "
            + $"which leaves no majority of voters with room; nothing was done: {ToDo}",
            full);
    }

    /// <summary>What is removed stays as history until that is dropped: more of it at once than there is room for would fill the disk.</summary>
    private static Problem? RefuseRemoval(Api api, ReadOnlySpan<byte> transaction, FullDisk own)
    {
        var room = Math.Max(0, own.Free - api.Store.Unwritten - api.Space!.Room.Working) / 2;
        using var rows = api.Store.Read();
        return Growth.Removes(transaction, rows, room) <= room
            ? null
            : Full(
                $"the disk of {own.Node}, which leads, has {ByteSize.Show(own.Free)} left for {own.Folder}, too little for what this "
                + "would remove, which stays as history until that is dropped; nothing was done: drop history first (raftctl compact, "
                + "POST /v1/compact), or delete less at once and drop its history before the next",
                [own]);
    }

    private static Problem Full(string detail, IReadOnlyList<FullDisk> disks) =>
        new(ProblemCode.DiskFull, detail) { Retryable = true, FullDisks = disks };
}

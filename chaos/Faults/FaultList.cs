using RaftCluster.Chaos.Network;

namespace RaftCluster.Chaos.Faults;

/// <summary>All faults.</summary>
internal static class FaultList
{
    /// <summary>They.</summary>
    public static readonly IReadOnlyList<Fault> All =
    [
        new KillFault("kill-leader", "SIGKILL of the leader, and a restart", Whom.Leader),
        new KillFault("kill-follower", "SIGKILL of another node, and a restart", Whom.Follower),
        new KillFault("kill-majority", "SIGKILL of the leader and as many as leave no majority", Whom.Majority),
        new KillFault("kill-all", "SIGKILL of all at once; their logs are read; only a majority comes back at first", Whom.All),
        new PauseFault("pause-leader", "SIGSTOP of the leader for longer than the others wait", Whom.Leader),
        new PauseFault("pause-follower", "SIGSTOP of another node", Whom.Follower),
        new PauseFault("pause-majority", "SIGSTOP of the leader and as many as leave no majority", Whom.Majority),
        new StarveFault("starve-leader", "a fifth of a processor for the leader", Whom.Leader),
        new MemoryLimitFault("memory-limit", "a node has three quarters of the memory it had of its own, files included, or the kernel ends it"),
        new PartitionFault("isolate-leader", "the leader reaches nobody and nobody reaches it", Shape.Leader),
        new PartitionFault("halves", "two parts that don't reach each other", Shape.Halves),
        new PartitionFault("deaf-leader", "the leader is heard and hears nothing", Shape.LeaderDeaf),
        new PartitionFault("mute-leader", "the leader hears and is not heard", Shape.LeaderMute),
        new PartitionFault("bridge", "two parts, and one node that reaches both", Shape.Bridge),
        new PartitionFault("ring", "each node reaches two others (of five, each a majority of its own)", Shape.Ring),
        new WeatherFault("delay", "60 ms and up to 80 more between all nodes, each way", new Weather(Delay: 60, Jitter: 80)),
        new WeatherFault("loss", "one segment of sixteen is lost and sent again 200 to 600 ms later", new Weather(Loss: 60)),
        new WeatherFault("slow", "200 KB a second to and from the leader", new Weather(BytesASecond: 200_000), onlyLeader: true),
        new ResetFault("reset", "connections between nodes are reset again and again"),
        new UnplugFault("unplug", "a node's link goes down, for clients too (with --network namespaces)"),
        new HandOverFault("transfer", "the leadership is handed over", drain: false),
        new HandOverFault("drain", "the leader is drained for a while", drain: true),
        new RollingRestartFault("rolling-restart", "one node after the other is stopped and started"),
        new FallBehindFault("snapshot", "a node is down until it has to be sent the rows of the others"),
        new HalfSnapshotFault("half-snapshot", "a node that was away is sent rows when only so many are up that it would have to count; then all are killed"),
        new LateRequestFault("late-request", "a request of the leader arrives after later ones, on a connection that was given up; then all are killed"),
        new MembershipFault("membership", "a fresh node joins and gets a vote; a member is removed and joins anew with an empty disk; the fresh one goes"),
        new CompactFault("compact", "old history is dropped"),
        new BitRotFault("bit-rot", "bits of a stopped node's log and rows turn"),
        new ClockFault("clock", "a node's wall clock jumps by up to 12 s, and back"),
        new CrashAtCallFault("crash-at-call", "SIGKILL of a node right before a certain write, sync or rename of its log or rows, and a restart"),
        new SlowDiskFault("slow-disk", "each sync of a node takes 200 to 800 ms longer"),
        new DiskErrorFault("disk-error", "every fdatasync of a node fails: it must end"),
        new DiskFullFault("disk-full", "a node's disk has no room left: it must end"),
        new PowerFault("power-one", "the power of one node's disk is cut", Whom.Leader),
        new PowerFault("power-all", "the power of all disks is cut at once; only a majority comes back at first", Whom.All),
    ];

    /// <summary>Those that were asked for.</summary>
    /// <param name="names">Names with commas between, <c>all</c>, or <c>none</c>.</param>
    /// <param name="unknown">The first name that is none.</param>
    public static IReadOnlyList<Fault> Parse(string names, out string? unknown)
    {
        unknown = null;
        if (names is "all" or "none")
        {
            return names == "all" ? All : [];
        }

        var chosen = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToList();
        unknown = chosen.Find(name => !All.Any(fault => fault.Name == name));
        return [.. All.Where(fault => chosen.Contains(fault.Name))];
    }
}

using System.Text;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Raft;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;
using RaftCluster.Tests.Node.Log;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>A follower over this project's log, on a disk that loses in a crash what was not synced.</summary>
internal sealed class OurFollower : Follower
{
    private readonly SimulatedDisk _disk;
    private readonly VoteStore _votes;
    private readonly SegmentedLog _log;
    private readonly Survival _survival;

    private readonly bool _isLoyal;

    private OurFollower(
        SimulatedDisk disk, VoteStore votes, SegmentedLog log, List<(int Code, string Message)> fatal, Survival survival, bool isLoyal)
        : base(Shell(log, votes), fatal, isLoyal) =>
        (_disk, _votes, _log, _survival, _isLoyal) = (disk, votes, log, survival, isLoyal);

    public override long LastIndex => _log.LastIndex;

    private static PersistentLog Shell(SegmentedLog log, VoteStore votes)
    {
        var members = Members.Of(2);
        var configurations = Members.Configured(members, new SimulatedDisk());
        var options = new ConsensusOptions { Self = members[0], Members = [.. members], ClusterId = 1 };
        var peers = Members.Table(options, _ => null, () => votes.Term);
        return PersistentLog.Over(
            "n1", log, votes, new CommitProgress(0), configurations, new QuorumRules("n1", log, configurations, peers));
    }

    /// <param name="survival">What of the unsynced survives a crash.</param>
    /// <param name="isLoyal">Whether it is loyal to a leader that it heard, for the time of the test.</param>
    public static Task<Follower> StartAsync(Survival survival = Survival.Nothing, bool isLoyal = true) =>
        OpenAsync(new SimulatedDisk(), survival, isLoyal);

    public override Task BreakDiskAsync()
    {
        _disk.BeforeSync = path => throw DiskException.FromErrno("sync", path, 0, 5);
        return Task.CompletedTask;
    }

    public override Task FailOneSyncAsync(Func<Task> request)
    {
        _disk.BeforeSync = path =>
        {
            _disk.BeforeSync = _ => { };
            throw DiskException.FromErrno("sync", path, 0, 5);
        };
        return request();
    }

    public override async Task<Follower> RestartAsync()
    {
        var disk = _disk.AfterCrash(_survival, seed: 1);
        await DisposeAsync();
        return await OpenAsync(disk, _survival, _isLoyal);
    }

    public override Task<string[]> ReadAsync() => Task.FromResult<string[]>(LastIndex == 0
        ? []
        : [.. _log.Read(1, LastIndex, int.MaxValue).Select(entry => Encoding.ASCII.GetString(entry.Payload.Span))]);

    protected override async Task CloseAsync()
    {
        await _log.DisposeAsync();
        _votes.Dispose();
    }

    private static async Task<Follower> OpenAsync(SimulatedDisk disk, Survival survival, bool isLoyal)
    {
        var fatal = new List<(int Code, string Message)>();
        var votes = VoteStore.Open(SimulatedLog.Folder, (code, message) => fatal.Add((code, message)), disk);
        var follower = new OurFollower(disk, votes, SimulatedLog.Open(disk, fatal), fatal, survival, isLoyal);
        await follower.FollowAsync();
        return follower;
    }
}

using System.Collections.Immutable;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.LogTool;
using RaftCluster.StateMachine.Storage;
using LogPlace = RaftCluster.Node.Consensus.Snapshots.LogPlace;

namespace RaftCluster.Node.Offline;

/// <summary>What a data folder holds, all of it read and nothing changed.</summary>
internal sealed record SurvivingFolder(string Path)
{
    public const string IdentityName = "identity.json";

    /// <summary>Whose it is; null when that can't be told.</summary>
    public NodeIdentity? Identity { get; init; }

    /// <summary>Who uses it now; null for nobody.</summary>
    public string? User { get; init; }

    /// <summary>The term its node was in.</summary>
    public long Term { get; init; }

    /// <summary>The last entry that it holds, in its log or in its rows.</summary>
    public LogPlace Last { get; init; }

    /// <summary>What of that was applied to the rows on the disk; the rest is applied at the next start.</summary>
    public StoreSurvey? Rows { get; init; }

    /// <summary>Which folder has the rows, and whether the node was being rebuilt.</summary>
    public StorePointer? Pointer { get; init; }

    /// <summary>The newest members that it knows.</summary>
    public ClusterConfiguration? Members { get; init; }

    /// <summary>What makes it unfit; empty when nothing does.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    /// <summary>Whether a cluster can be made of it.</summary>
    public bool IsUsable => Faults.IsEmpty;

    /// <summary>Reads a folder.</summary>
    public static SurvivingFolder Read(string path)
    {
        var found = new SurvivingFolder(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        if (!Directory.Exists(found.Path))
        {
            return found.With("it is not there");
        }

        if (DataFolder.UserOf(found.Path) is { } user)
        {
            return found.With($"{user} uses it: stop that node first") with { User = user };
        }

        try
        {
            return found.ReadIdentity().ReadLog().ReadRows().ReadMembers();
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or StorageException or LogDamageException)
        {
            return found.With(OneLine.Of(unread));
        }
    }

    private SurvivingFolder With(string fault) => this with { Faults = Faults.Add(fault) };

    private SurvivingFolder ReadIdentity()
    {
        var file = System.IO.Path.Combine(Path, IdentityName);
        var identity = File.Exists(file) ? NodeIdentity.Read(File.ReadAllBytes(file)) : null;
        return identity is { Format: NodeIdentity.CurrentFormat }
            ? this with { Identity = identity }
            : With(identity is null ? $"its {IdentityName} is missing or damaged" : $"its {IdentityName} is of format {identity.Format}");
    }

    private SurvivingFolder ReadLog()
    {
        if (LogTool.LogPlace.Find(Path, out var fault) is not { } place)
        {
            return With(fault!);
        }

        var log = Verification.Of(place);
        var found = this with { Term = log.VoteTerm ?? 0, Last = new LogPlace(log.Last.Index, log.Last.Term) };
        found = log.VoteTerm is null ? found.With("it has no vote file") : found;
        return log.FirstDamage is { } damage ? found.With($"its log is damaged: {damage}") : found;
    }

    private SurvivingFolder ReadRows()
    {
        var pointer = StorePointer.Read(LocalDisk.Instance, Path);
        var found = this with { Pointer = pointer };
        if (pointer.Phase is RebuildPhase.Clearing or RebuildPhase.Noted)
        {
            return found.With($"its node found it damaged: {pointer.Reason}");
        }

        StoreSurvey rows;
        try
        {
            rows = StoreSurvey.Of(System.IO.Path.Combine(Path, pointer.Folder));
        }
        catch (StorageException damaged)
        {
            return found.With($"its rows are damaged: {damaged.Reason}");
        }

        // A snapshot's installation that was cut off is finished by the next start: the rows hold more than the log.
        var last = pointer.Index > Last.Index && rows.Position.Index >= pointer.Index ? new LogPlace(pointer.Index, pointer.Term) : Last;
        found = found with { Rows = rows, Last = last };
        return rows.Position.Index > last.Index
            ? found.With($"its rows stand at entry {rows.Position.Index}, and its log ends at {last.Index}: the log lost its end")
            : found;
    }

    private SurvivingFolder ReadMembers()
    {
        var known = ConfigurationStore.Open(LocalDisk.Instance, Path, static (_, _) => { }).Last?.Configuration;
        if (known is null && Identity is { } identity)
        {
            var fault = default(string);
            var initial = MemberList.Read(string.Join(',', identity.Members), wrong => fault = wrong);
            return fault is null ? this with { Members = ClusterConfiguration.Initial(initial) } : With($"its members can't be read: {fault}");
        }

        return this with { Members = known };
    }
}

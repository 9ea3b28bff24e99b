using System.Globalization;
using System.Runtime.InteropServices;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;

namespace RaftCluster.Node.Metrics;

/// <summary>Who leads, how far each is, and what agreement counted.</summary>
internal sealed class ConsensusCollector(NodeOptions options, History history, IConsensus consensus, ConsensusMeasures measures) : ICollector
{
    private static readonly string[] _ends = ["done", "accepted", "not_leader", "overloaded", "too_new", "unknown"];

    /// <inheritdoc/>
    public ValueTask CollectAsync(Sheet sheet, CancellationToken patience)
    {
        var (status, figures) = (consensus.Status, consensus.Figures);
        sheet.Set(Series.BuildInfo, 1, Product.Version, RuntimeInformation.FrameworkDescription);
        sheet.Set(
            Series.NodeInfo, 1, options.Node, options.Cluster,
            history.ClusterId.ToString("x16", CultureInfo.InvariantCulture), history.Epoch.ToString(CultureInfo.InvariantCulture));
        TellStanding(sheet, status);
        TellLog(sheet, status, figures);
        TellMembers(sheet, status, figures);
        TellCounts(sheet);
        return default;
    }

    private static void TellStanding(Sheet sheet, ConsensusStatus status)
    {
        sheet.Set(Series.HasLeader, status.Leader is not null);
        sheet.Set(Series.IsLeader, status.Role == Role.Leader);
        sheet.Set(Series.IsVoter, status.Role != Role.Learner);
        sheet.Set(Series.Term, status.Term);
        sheet.Set(Series.Rebuilding, status.RebuildReason is not null);
        sheet.Set(Series.Drained, status.IsDrained);
        sheet.Set(Series.Voters, status.Members.Count(member => member.Configured.IsVoter));
        sheet.Set(Series.Learners, status.Members.Count(member => !member.Configured.IsVoter));
    }

    private static void TellLog(Sheet sheet, ConsensusStatus status, ConsensusFigures figures)
    {
        sheet.Set(Series.CommitIndex, status.CommitIndex);
        sheet.Set(Series.AppliedIndex, status.AppliedIndex);
        sheet.Set(Series.FirstIndex, status.FirstIndex);
        sheet.Set(Series.LastIndex, status.LastIndex);
        sheet.Set(Series.SyncedIndex, figures.SyncedIndex);
        sheet.Set(Series.LogSize, figures.LogBytes);
        sheet.Set(Series.ProposalsPending, figures.ProposalsWaiting);
        sheet.Set(Series.ProposalBytesPending, figures.BytesWaiting);
        sheet.Set(Series.StateCheckIndex, figures.StateCheckIndex > 0 ? figures.StateCheckIndex : null);
        sheet.Set(Series.StateCheckHash, figures.StateCheckIndex > 0 ? figures.StateCheckHash : null);
    }

    private static void TellMembers(Sheet sheet, ConsensusStatus status, ConsensusFigures figures)
    {
        sheet.Set(Series.VotersInContact, figures.VotersInContact);
        foreach (var lag in figures.Lags)
        {
            sheet.Set(Series.FollowerLagEntries, lag.Entries, lag.Member);
            sheet.Set(Series.FollowerLagBytes, lag.Bytes, lag.Member);
            sheet.Set(Series.FollowerLagSeconds, lag.Age.TotalSeconds, lag.Member);
        }

        foreach (var member in status.Members)
        {
            var isSelf = member.Member.Id == status.Self.Id;
            if (!isSelf)
            {
                sheet.Set(Series.PeerLastContact, member.LastContact?.TotalSeconds, member.Member.Id);
            }

            if (member.Snapshot is { } snapshot)
            {
                var direction = isSelf ? "receive" : "send";
                sheet.Set(Series.TransferDone, snapshot.Sent, member.Member.Id, direction);
                sheet.Set(Series.TransferSize, snapshot.Total, member.Member.Id, direction);
            }
        }
    }

    private void TellCounts(Sheet sheet)
    {
        sheet.Count(Series.LeaderChanges, measures.LeaderChanges.Count);
        sheet.Count(Series.Elections, measures.Elections.Count);
        for (var end = 0; end < _ends.Length; end++)
        {
            sheet.Count(Series.Proposals, measures.Proposals[end].Count, _ends[end]);
        }

        sheet.Count(Series.SnapshotsTaken, measures.SnapshotsTaken.Count);
        sheet.Count(Series.SnapshotsSent, measures.SnapshotsSent.Count, "installed");
        sheet.Count(Series.SnapshotsSent, measures.SnapshotsBroken.Count, "broken");
        sheet.Count(Series.SnapshotsReceived, measures.SnapshotsInstalled.Count, "installed");
        sheet.Count(Series.SnapshotsReceived, measures.SnapshotsUnfit.Count, "unfit");
        sheet.Count(Series.SnapshotBytesSent, measures.SnapshotBytesSent.Count);
        sheet.Count(Series.StatesCompared, measures.StatesCompared.Count);
    }
}

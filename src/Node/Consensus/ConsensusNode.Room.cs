namespace RaftCluster.Node.Consensus;

/// <content>Whether the voters' disks have room.</content>
public sealed partial class ConsensusNode
{
    /// <inheritdoc/>
    public IReadOnlyList<MemberStatus> VotersWithoutRoom
    {
        get
        {
            var low = 0;
            foreach (var peer in _peers)
            {
                low += peer.Room is { IsLow: true } ? 1 : 0;
            }

            var quorum = (_peers.Count / 2) + 1;
            return _peers.Count - low >= quorum
                ? []
                : [.. Status.Members.Where(member => member.Room is { IsLow: true })];
        }
    }
}

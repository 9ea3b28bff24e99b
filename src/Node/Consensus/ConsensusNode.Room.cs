namespace RaftCluster.Node.Consensus;

/// <content>Whether the voters' disks have room.</content>
public sealed partial class ConsensusNode
{
    /// <inheritdoc/>
    public IReadOnlyList<MemberStatus> VotersWithoutRoom
    {
        get
        {
            var (voters, low) = (_peers.Voters, 0);
            foreach (var peer in voters)
            {
                low += peer.Room is { IsLow: true } ? 1 : 0;
            }

            return voters.Length - low > voters.Length / 2
                ? []
                : [.. Status.Members.Where(member => member is { Configured.IsVoter: true, Room.IsLow: true })];
        }
    }
}

using System.Collections;
using System.Collections.Immutable;
using RaftCluster.Node.Consensus.Raft;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>
/// The members as this node calls them now. Replaced whole when the configuration changes; who enumerates it gets the voters,
/// for votes, commits and proofs are theirs.
/// </summary>
/// <param name="make">Makes the way to a member.</param>
internal sealed class PeerTable(Func<Member, PeerMember> make) : IReadOnlyList<PeerMember>
{
    private volatile Peers _peers = new([], [], null);

    /// <summary>The table was replaced, or more of this node's log is known to be on a member's disk.</summary>
    public event Action? Moved;

    /// <summary>All members, voters and learners, this node among them.</summary>
    public ImmutableArray<PeerMember> All => _peers.All;

    /// <summary>Those with a vote.</summary>
    public ImmutableArray<PeerMember> Voters => _peers.Voters;

    /// <summary>This node; null when it is no member.</summary>
    public PeerMember? Local => _peers.Local;

    /// <summary>Whether this node has a vote.</summary>
    public bool LocalVotes => _peers.LocalVotes;

    /// <summary>Those with a vote but this node.</summary>
    public ImmutableArray<PeerMember> Others => _peers.Others;

    /// <inheritdoc/>
    public int Count => Voters.Length;

    /// <inheritdoc/>
    public PeerMember this[int index] => Voters[index];

    /// <summary>A member by its name; null when there is none.</summary>
    public PeerMember? Find(string id)
    {
        foreach (var peer in All)
        {
            if (peer.Member.Id == id)
            {
                return peer;
            }
        }

        return null;
    }

    /// <summary>What the table would be under another configuration: who stays the same is the same object.</summary>
    public Peers Under(ClusterConfiguration configuration)
    {
        var all = configuration.Members
            .Select(member => (member.IsVoter, Peer: All.FirstOrDefault(peer => peer.Member == member.Member) ?? Make(member.Member)))
            .ToArray();
        return new Peers(
            [.. all.Select(one => one.Peer)],
            [.. all.Where(one => one.IsVoter).Select(one => one.Peer)],
            all.Select(one => one.Peer).FirstOrDefault(peer => !peer.IsRemote));
    }

    /// <summary>Takes what <see cref="Under"/> made.</summary>
    /// <returns>Those that are members no more, or not at that address.</returns>
    public IReadOnlyList<PeerMember> Take(Peers next)
    {
        var gone = All.Except(next.All).ToArray();
        _peers = next;
        Moved?.Invoke();
        return gone;
    }

    /// <inheritdoc/>
    public IEnumerator<PeerMember> GetEnumerator() => Voters.AsEnumerable().GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private PeerMember Make(Member member)
    {
        var peer = make(member);
        peer.Matched += () => Moved?.Invoke();
        return peer;
    }

    /// <summary>All members, of those the voters, and this node.</summary>
    internal sealed record Peers(ImmutableArray<PeerMember> All, ImmutableArray<PeerMember> Voters, PeerMember? Local)
    {
        /// <summary>The voters but this node; asked for at each answer of one.</summary>
        public ImmutableArray<PeerMember> Others { get; } = [.. Voters.Where(voter => voter.IsRemote)];

        /// <summary>Whether this node is a voter.</summary>
        public bool LocalVotes { get; } = Local is not null && Voters.Contains(Local);
    }
}

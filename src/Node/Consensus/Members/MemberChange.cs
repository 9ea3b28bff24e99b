using System.Net;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>What is asked of the cluster's membership.</summary>
/// <param name="Id">Whom it concerns.</param>
public abstract record MemberChange(string Id)
{
    /// <summary>A new member, which begins as a learner.</summary>
    /// <param name="Member">Its name and addresses.</param>
    /// <param name="Promotion">How it becomes a voter.</param>
    public sealed record Add(Member Member, Promotion Promotion) : MemberChange(Member.Id);

    /// <summary>Another role, way of promotion or address; null for what stays.</summary>
    public sealed record Alter(string Id) : MemberChange(Id)
    {
        /// <summary>The base URL of its HTTP API.</summary>
        public Uri? Url { get; init; }

        /// <summary>Where it listens for the other nodes.</summary>
        public IPEndPoint? Peer { get; init; }

        /// <summary>What it is to count for.</summary>
        public MemberRole? Role { get; init; }

        /// <summary>How it becomes a voter.</summary>
        public Promotion? Promotion { get; init; }
    }

    /// <summary>All members can apply newer entries: such may be proposed from now on. The leader's own change.</summary>
    /// <param name="StateVersion">Up to which version.</param>
    internal sealed record Raise(int StateVersion) : MemberChange("");

    /// <summary>A member belongs to the cluster no more.</summary>
    public sealed record Remove(string Id) : MemberChange(Id);
}

/// <summary>Why a change of membership is refused.</summary>
public enum MembershipRefusal : byte
{
    /// <summary>An earlier change is not committed yet.</summary>
    ChangeInProgress = 1,

    /// <summary>There is no such member.</summary>
    NoSuchMember = 2,

    /// <summary>There is a member of this name with other addresses.</summary>
    MemberExists = 3,

    /// <summary>Another member has the address.</summary>
    AddressTaken = 4,

    /// <summary>Too few of the voters afterwards are well.</summary>
    WouldLoseQuorum = 5,

    /// <summary>A learner that lacks too much can't become a voter.</summary>
    LearnerBehind = 6,

    /// <summary>No more members fit.</summary>
    TooManyMembers = 7,

    /// <summary>The member leads, and nobody can take that over now.</summary>
    NobodyToLead = 8,
}

/// <summary>What came of asking for a change.</summary>
public abstract record MembershipAnswer
{
    private MembershipAnswer()
    {
    }

    /// <summary>It is committed, or was so before.</summary>
    /// <param name="Now">The configuration that holds now.</param>
    /// <param name="Changed">Whether anything had to be changed.</param>
    public sealed record Done(ConfigurationAt Now, bool Changed) : MembershipAnswer;

    /// <summary>Nothing was done: this node does not lead, or leads no more since it had to hand over first.</summary>
    public sealed record NotLeader : MembershipAnswer;

    /// <summary>Refused: nothing was done.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">The same in a sentence.</param>
    public sealed record Refused(MembershipRefusal Reason, string Detail) : MembershipAnswer;

    /// <summary>Nobody can say: it is in some logs and may yet be committed, or not.</summary>
    /// <param name="Why">What cut the answer off.</param>
    public sealed record Unknown(string Why) : MembershipAnswer;
}

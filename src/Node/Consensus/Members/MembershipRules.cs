namespace RaftCluster.Node.Consensus.Members;

/// <summary>How a leader sees one member.</summary>
/// <param name="LastContact">Time since it last answered; null for never.</param>
/// <param name="Lag">How many entries it lacks.</param>
internal readonly record struct MemberHealth(TimeSpan? LastContact, long Lag);

/// <summary>What a leader knows when it is asked to change the membership.</summary>
/// <param name="Current">The newest configuration in its log.</param>
/// <param name="IsCommitted">Whether that is committed.</param>
/// <param name="Leader">The leader's own name.</param>
/// <param name="HealthOf">How it sees the others.</param>
internal sealed record MembershipView(
    ClusterConfiguration Current, bool IsCommitted, string Leader, Func<string, MemberHealth> HealthOf)
{
    /// <summary>The newest entries that a member can apply, as it said; 0 while it has said nothing.</summary>
    public Func<string, int> StateVersionOf { get; init; } = static _ => 0;

    /// <summary>The newest entries that all members can apply; 0 while not all have said anything.</summary>
    public int CommonStateVersion => Current.Members.Min(member => StateVersionOf(member.Id));
}

/// <summary>What is to be done about a change that was asked for.</summary>
internal abstract record MembershipDecision
{
    private MembershipDecision()
    {
    }

    /// <summary>This configuration is to be proposed.</summary>
    public sealed record Propose(ClusterConfiguration Next) : MembershipDecision;

    /// <summary>It is so already.</summary>
    public sealed record Nothing : MembershipDecision;

    /// <summary>The leader would lose its own vote: another node is to lead first, and to do it.</summary>
    public sealed record HandOverFirst : MembershipDecision;

    /// <summary>No.</summary>
    public sealed record Refuse(MembershipRefusal Reason, string Detail) : MembershipDecision;
}

/// <summary>
/// Whether a change of membership may be made, and what comes of it. One member at a time, and the one before must be
/// committed: then a majority before and a majority after always share a node, and no two leaders can be elected. Never one
/// after which the cluster could not commit.
/// </summary>
/// <param name="silence">After how long a member counts as gone.</param>
/// <param name="reach">How many entries a member may lack and still count as caught up.</param>
internal sealed class MembershipRules(TimeSpan silence, long reach)
{
    /// <summary>Decides.</summary>
    public MembershipDecision Decide(MembershipView view, MemberChange change)
    {
        var held = view.Current.Find(change.Id);
        return !view.IsCommitted
            ? Refuse(MembershipRefusal.ChangeInProgress, "an earlier change of the membership is not committed yet")
            : (change, held) switch
            {
                (MemberChange.Raise raise, _) => raise.StateVersion > view.Current.StateVersion && raise.StateVersion <= view.CommonStateVersion
                    ? new MembershipDecision.Propose(view.Current.Under(raise.StateVersion))
                    : new MembershipDecision.Nothing(),
                (MemberChange.Add add, null) => DecideNew(view, new ConfiguredMember(add.Member, MemberRole.Learner, add.Promotion)),
                (MemberChange.Add add, { } same) when same.Member == add.Member => new MembershipDecision.Nothing(),
                (MemberChange.Add, { } other) => Refuse(
                    MembershipRefusal.MemberExists,
                    $"there is a member {other.Id} at {other.Member.Url} and {other.Member.Peer}; its addresses are changed by name, and a new node gets a new name"),
                (_, null) => Refuse(MembershipRefusal.NoSuchMember, $"there is no member {change.Id}"),
                (MemberChange.Remove, { } gone) => DecideRemoval(view, gone),
                (MemberChange.Alter alter, { } old) => DecideAlteration(view, old, alter),
                _ => throw new StateMachine.InvariantException($"no decision on {change}"),
            };
    }

    /// <summary>Whether a member was heard of a moment ago and lacks little; the leader itself always is well.</summary>
    public bool IsWell(MembershipView view, string id) =>
        id == view.Leader || (view.HealthOf(id) is { LastContact: { } contact } health && contact <= silence && health.Lag <= reach);

    private static MembershipDecision.Refuse Refuse(MembershipRefusal reason, string detail) => new(reason, detail);

    private static MembershipDecision DecideNew(MembershipView view, ConfiguredMember member) =>
        view.Current.Members.Length >= ClusterConfiguration.MaximumMembers
            ? Refuse(MembershipRefusal.TooManyMembers, $"the cluster has {view.Current.Members.Length} members, and may have no more")
            : (MembershipDecision?)CheckAddresses(view, member) ?? new MembershipDecision.Propose(view.Current.With(member));

    private static MembershipDecision.Refuse? CheckAddresses(MembershipView view, ConfiguredMember member) =>
        view.Current.Members.FirstOrDefault(other => other.Id != member.Id
            && (other.Member.Url == member.Member.Url || other.Member.Peer.Equals(member.Member.Peer))) is { } taken
            ? Refuse(MembershipRefusal.AddressTaken, $"{taken.Id} has {taken.Member.Url} and {taken.Member.Peer}: addresses must differ")
            : null;

    private MembershipDecision DecideRemoval(MembershipView view, ConfiguredMember gone) => gone.IsVoter
        ? DecideVoters(view, gone, view.Current.Without(gone.Id))
        : new MembershipDecision.Propose(view.Current.Without(gone.Id));

    private MembershipDecision DecideAlteration(MembershipView view, ConfiguredMember old, MemberChange.Alter alter)
    {
        var altered = new ConfiguredMember(
            old.Member with { Url = alter.Url ?? old.Member.Url, Peer = alter.Peer ?? old.Member.Peer },
            alter.Role ?? old.Role,
            alter.Promotion ?? (alter.Role == MemberRole.Learner && old.IsVoter ? Promotion.Manual : old.Promotion));
        if (altered == old)
        {
            return new MembershipDecision.Nothing();
        }

        if (CheckAddresses(view, altered) is { } taken)
        {
            return taken;
        }

        var next = view.Current.With(altered);
        return altered.IsVoter == old.IsVoter ? new MembershipDecision.Propose(next)
            : !altered.IsVoter ? DecideVoters(view, old, next)
            : IsWell(view, old.Id) ? DecideVoters(view, leaving: null, next)
            : Refuse(
                MembershipRefusal.LearnerBehind,
                $"{old.Id} can't have a vote yet: {Describe(view, old.Id)}, and at most {reach} entries may be lacking");
    }

    /// <summary>A majority of the voters afterwards must be there, with nearly all of the log, or nothing could be committed.</summary>
    private MembershipDecision DecideVoters(MembershipView view, ConfiguredMember? leaving, ClusterConfiguration next)
    {
        var voters = next.Voters.Select(voter => voter.Id).ToArray();
        var well = voters.Count(id => IsWell(view, id));
        if (voters.Length == 0)
        {
            return Refuse(MembershipRefusal.WouldLoseQuorum, $"{leaving!.Id} is the last voter: without it nothing could ever be committed");
        }

        if (well < next.Majority)
        {
            var unwell = voters.Where(id => !IsWell(view, id)).Select(id => $"{id} ({Describe(view, id)})");
            return Refuse(
                MembershipRefusal.WouldLoseQuorum,
                $"of the {voters.Length} voters afterwards {next.Majority} would be needed, and only {well} {(well == 1 ? "is" : "are")} well; "
                + $"not so {string.Join(", ", unwell)}");
        }

        return leaving?.Id == view.Leader ? new MembershipDecision.HandOverFirst() : new MembershipDecision.Propose(next);
    }

    private static string Describe(MembershipView view, string id) => view.HealthOf(id) switch
    {
        { LastContact: null } => "never heard of",
        { LastContact: { } contact, Lag: var lag } => $"heard of {contact.TotalMilliseconds:0} ms ago, {lag} entries behind",
    };
}

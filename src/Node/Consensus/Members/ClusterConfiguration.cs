using System.Collections.Immutable;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>What a member counts for.</summary>
public enum MemberRole : byte
{
    /// <summary>It has a vote: in elections, and in what is committed.</summary>
    Voter = 1,

    /// <summary>It has a copy and no vote.</summary>
    Learner = 2,
}

/// <summary>How a learner becomes a voter.</summary>
public enum Promotion : byte
{
    /// <summary>By itself, when it has been close behind the leader for a while.</summary>
    Auto = 1,

    /// <summary>When somebody asks for it.</summary>
    Manual = 2,

    /// <summary>Not at all: it is a read replica.</summary>
    Never = 3,
}

/// <summary>A member as the cluster's configuration has it.</summary>
/// <param name="Member">Its name and addresses.</param>
/// <param name="Role">What it counts for.</param>
/// <param name="Promotion">How it becomes a voter; kept for voters too, for the day they are made learners again.</param>
public sealed record ConfiguredMember(Member Member, MemberRole Role, Promotion Promotion)
{
    /// <summary>Its name.</summary>
    public string Id => Member.Id;

    /// <summary>Whether it has a vote.</summary>
    public bool IsVoter => Role == MemberRole.Voter;
}

/// <summary>Who belongs to the cluster, and as what. Immutable; the members are ordered by id, and their ids and addresses differ.</summary>
public sealed class ClusterConfiguration : IEquatable<ClusterConfiguration>
{
    /// <summary>The most members that a cluster may have.</summary>
    public const int MaximumMembers = 64;

    /// <summary>A configuration of these members.</summary>
    /// <param name="members">The members.</param>
    /// <param name="stateVersion">Up to which version entries may be proposed; 0 while that was never said.</param>
    public ClusterConfiguration(IEnumerable<ConfiguredMember> members, int stateVersion = 0) =>
        (Members, StateVersion) = ([.. members.OrderBy(member => member.Id, StringComparer.Ordinal)], stateVersion);

    /// <summary>All members.</summary>
    public ImmutableArray<ConfiguredMember> Members { get; }

    /// <summary>
    /// Up to which version entries may be proposed: all who were members when it was raised can apply them. It is never
    /// lowered. 0 while the cluster is as it began: then it is what every node can apply.
    /// </summary>
    public int StateVersion { get; }

    /// <summary>Those with a vote.</summary>
    public IEnumerable<ConfiguredMember> Voters => Members.Where(member => member.IsVoter);

    /// <summary>How many voters make a majority.</summary>
    public int Majority => (Members.Count(member => member.IsVoter) / 2) + 1;

    /// <summary>The configuration in which a cluster begins: all members are voters.</summary>
    public static ClusterConfiguration Initial(IEnumerable<Member> members) =>
        new(members.Select(member => new ConfiguredMember(member, MemberRole.Voter, Promotion.Auto)));

    /// <summary>A member by its name; null when there is none.</summary>
    public ConfiguredMember? Find(string id)
    {
        foreach (var member in Members)
        {
            if (member.Id == id)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>This configuration with one more member, or another one in the place of the one with its name.</summary>
    public ClusterConfiguration With(ConfiguredMember member) =>
        new(Members.Where(other => other.Id != member.Id).Append(member), StateVersion);

    /// <summary>This configuration without a member.</summary>
    public ClusterConfiguration Without(string id) => new(Members.Where(member => member.Id != id), StateVersion);

    /// <summary>This configuration with another state version.</summary>
    public ClusterConfiguration Under(int stateVersion) => new(Members, stateVersion);

    /// <inheritdoc/>
    public bool Equals(ClusterConfiguration? other) =>
        other is not null && StateVersion == other.StateVersion && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ClusterConfiguration);

    /// <inheritdoc/>
    public override int GetHashCode() => Members.Aggregate(StateVersion, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(
        ", ", Members.Select(member => member.IsVoter ? member.Id : $"{member.Id} (learner)"));
}

/// <summary>A configuration and the entry that made it.</summary>
/// <param name="Index">The entry's index; 0 for the configuration in which the cluster began.</param>
/// <param name="Term">The entry's term; 0 for that one.</param>
/// <param name="Configuration">The configuration.</param>
public sealed record ConfigurationAt(long Index, long Term, ClusterConfiguration Configuration)
{
    /// <summary>The configuration in which a cluster begins.</summary>
    public static ConfigurationAt Initial(IEnumerable<Member> members) => new(0, 0, ClusterConfiguration.Initial(members));
}

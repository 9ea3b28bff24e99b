using System.Globalization;
using System.Text.Json.Serialization;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;

namespace RaftCluster.Node.Membership;

/// <summary>The members as <c>/v1/members</c> shows them.</summary>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="ClusterId">Its id: 16 hexadecimal digits.</param>
/// <param name="Epoch">The history's epoch.</param>
/// <param name="Index">The index of the entry by which they are the members; 0 while they are those the cluster began with.</param>
/// <param name="Term">That entry's term.</param>
/// <param name="Committed">Whether that entry is committed.</param>
/// <param name="Members">All members, by id.</param>
internal sealed record MembersBody(
    string Cluster, string ClusterId, int Epoch, long Index, long Term, bool Committed, IReadOnlyList<MemberBody> Members)
{
    /// <summary>The configuration it shows.</summary>
    /// <exception cref="InvalidDataException">It shows none.</exception>
    public ConfigurationAt ToConfiguration() => new(Index, Term, new ClusterConfiguration(Members.Select(member => member.ToMember())));

    /// <summary>The cluster's id as a number; null when it is none.</summary>
    public ulong? Id => ulong.TryParse(ClusterId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) ? id : null;
}

/// <summary>A member as <c>/v1/members</c> shows it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Role"><c>voter</c> or <c>learner</c>.</param>
/// <param name="Promote"><c>auto</c>, <c>manual</c> or <c>never</c>.</param>
/// <param name="Url">The base URL of its HTTP API.</param>
/// <param name="Peer">Where it listens for the other nodes.</param>
/// <param name="MatchIndex">The last index known to be on its disk.</param>
/// <param name="Lag">How many entries it lacks.</param>
/// <param name="LastContactMs">Milliseconds since it last answered the leader; null for never.</param>
internal sealed record MemberBody(
    string Id, string Role, string Promote, string Url, string Peer, long? MatchIndex = null, long? Lag = null, long? LastContactMs = null)
{
    /// <summary>As the node that leads sees it.</summary>
    public static MemberBody Of(MemberStatus status, long lastIndex) => new(
        status.Member.Id,
        MemberWords.Of(status.Configured.Role),
        MemberWords.Of(status.Configured.Promotion),
        Addresses.Show(status.Member.Url),
        status.Member.Peer.ToString(),
        status.MatchIndex,
        status.MatchIndex is { } match ? Math.Max(0, lastIndex - match) : null,
        (long?)status.LastContact?.TotalMilliseconds);

    /// <summary>The member it shows.</summary>
    /// <exception cref="InvalidDataException">It shows none.</exception>
    public ConfiguredMember ToMember() =>
        NodeName.IsValid(Id) && Addresses.ReadUrl(Url, out var url) is null && Addresses.ReadPeer(Peer, out var peer) is null
            && MemberWords.Role(Role) is { } role && MemberWords.Promotion(Promote) is { } promotion
            ? new ConfiguredMember(new Member(Id, url, peer), role, promotion)
            : throw new InvalidDataException($"'{Id}' at '{Url}' and '{Peer}', {Role}, {Promote}, is no member");
}

/// <summary>How the contract writes what a member is.</summary>
internal static class MemberWords
{
    public static string Of(MemberRole role) => role == MemberRole.Voter ? "voter" : "learner";

    public static string Of(Promotion promotion) => promotion switch
    {
        Consensus.Members.Promotion.Auto => "auto",
        Consensus.Members.Promotion.Manual => "manual",
        _ => "never",
    };

    /// <returns>Null for another word.</returns>
    public static MemberRole? Role(string word) => word switch
    {
        "voter" => MemberRole.Voter,
        "learner" => MemberRole.Learner,
        _ => null,
    };

    /// <returns>Null for another word.</returns>
    public static Promotion? Promotion(string word) => word switch
    {
        "auto" => Consensus.Members.Promotion.Auto,
        "manual" => Consensus.Members.Promotion.Manual,
        "never" => Consensus.Members.Promotion.Never,
        _ => null,
    };
}

/// <summary>What a node says of itself to join, or when its addresses changed.</summary>
internal sealed record JoinBody(string? Id, string Url, string Peer, string? Promote);

/// <summary>The part of a problem that a node which asks looks at.</summary>
internal sealed record ProblemBody(string? Code, string? Detail, bool Retryable);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MembersBody))]
[JsonSerializable(typeof(JoinBody))]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class MembersJson : JsonSerializerContext;

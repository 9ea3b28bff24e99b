using System.Collections.Immutable;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>A member as the leader sees it, and as it sees itself.</summary>
/// <param name="Listed">What the leader says.</param>
/// <param name="Status">What it says itself; null when it can't be reached.</param>
internal sealed record MemberLook(ListedMember Listed, ClusterStatus? Status)
{
    /// <summary>How many entries a node may lack and count as caught up.</summary>
    private const long Reach = 1000;

    internal string Id => Listed.Id;

    internal bool IsVoter => Listed.Role == "voter";

    /// <summary>What keeps it from taking its part; null when nothing does.</summary>
    internal string? Trouble => Status switch
    {
        null => $"{Id} can't be reached",
        { Rebuilding: { } lost } => $"{Id} is being rebuilt: {lost}",
        { Leader: null } => $"{Id} knows no leader",
        _ when Listed.Lag is not <= Reach => $"{Id} is {Listed.Lag?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"} entries behind",
        _ => null,
    };
}

/// <summary>The cluster, looked at once.</summary>
internal sealed record ClusterLook(ImmutableArray<MemberLook> Members, string? Leader)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private int Voters => Members.Count(member => member.IsVoter);

    internal static async Task<ClusterLook> TakeAsync(RaftClusterClient client, CancellationToken cancellation)
    {
        var listed = (await client.Members.ListAsync(cancellation)).Members;
        var members = await Task.WhenAll(listed.Select(member => LookAsync(client, member, cancellation)));
        return new ClusterLook([.. members], StatusReport.LeaderOf(members.Select(member => member.Status))?.Node);
    }

    internal MemberLook? Find(string id) => Members.FirstOrDefault(member => member.Id == id);

    /// <summary>Why a node must not be stopped now; null when it may be.</summary>
    internal string? WhyNot(string id)
    {
        var left = Voters - (Find(id) is { IsVoter: true } ? 1 : 0);
        var needed = (Voters / 2) + 1;
        return Leader is null ? "nobody leads"
            : left < needed ? $"{needed} of the {Voters} voters are needed to commit anything, and without {id} only {left} would be left"
            : Members.FirstOrDefault(member => member.Status is { Drained: true }) is { } drained
                ? $"{drained.Id} is drained, and could not lead: 'raftctl node undrain {drained.Id}' when its maintenance is over"
            : Members.Select(member => member.Trouble).FirstOrDefault(trouble => trouble is not null);
    }

    private static async Task<MemberLook> LookAsync(RaftClusterClient client, ListedMember member, CancellationToken cancellation) =>
        new(member, member.Url is { } url ? (await NodeView.AskAsync(client, url, _patience, cancellation)).Status : null);
}

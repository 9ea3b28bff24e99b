using System.Collections.Immutable;
using System.Net;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Configuration;

/// <summary>Reads a list of members: <c>n1=http://127.0.0.1:8001/127.0.0.1:7001,n2=…</c>.</summary>
internal static class MemberList
{
    private const string Form = "a member is ID=http://HOST:PORT/IP:PORT, its HTTP API before the slash and its peer address behind it";

    /// <param name="text">The list.</param>
    /// <param name="fault">Told each thing that is wrong with it.</param>
    /// <returns>The sound members, ordered by id.</returns>
    public static ImmutableArray<Member> Read(string text, Action<string> fault)
    {
        var members = new List<Member>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (ReadOne(item, fault) is not { } member)
            {
                continue;
            }

            if (members.Find(other => Collides(other, member)) is { } other)
            {
                fault($"has '{Addresses.Show(member)}' beside '{Addresses.Show(other)}': ids and addresses must differ");
                continue;
            }

            members.Add(member);
        }

        return [.. members.OrderBy(member => member.Id, StringComparer.Ordinal)];
    }

    private static Member? ReadOne(string item, Action<string> fault)
    {
        var assigned = item.IndexOf('=', StringComparison.Ordinal);
        var slash = item.LastIndexOf('/');
        if (assigned < 1 || slash < assigned)
        {
            fault($"'{item}': {Form}");
            return null;
        }

        var (id, url, peer) = (item[..assigned], item[(assigned + 1)..slash], item[(slash + 1)..]);
        var wrong = NodeName.IsValid(id) ? null : $"'{id}' is no name: {NodeName.Form}";
        Uri? readUrl = null;
        IPEndPoint? readPeer = null;
        wrong ??= Addresses.ReadUrl(url, out readUrl) is { } badUrl ? $"'{url}' {badUrl}" : null;
        wrong ??= Addresses.ReadPeer(peer, out readPeer) is { } badPeer ? $"'{peer}' {badPeer}" : null;
        if (wrong is not null)
        {
            fault($"'{item}': {wrong}");
            return null;
        }

        return new Member(id, readUrl!, readPeer!);
    }

    private static bool Collides(Member left, Member right) =>
        left.Id == right.Id || left.Url == right.Url || left.Peer.Equals(right.Peer);
}

using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Configuration;

/// <content>Whose cluster the node is of: a new one, or one to join.</content>
public sealed partial class OptionReader
{
    private Uri? Join()
    {
        if (_stated["join"] is not { } stated)
        {
            return null;
        }

        if (Is("members"))
        {
            Fault("join", "and --members exclude each other: a node that joins is told who the members are");
        }

        if (Addresses.ReadUrl(stated.Text, out var url) is { } wrong)
        {
            Fault("join", $"'{stated.Text}' {wrong}");
            return null;
        }

        return url;
    }

    private ImmutableArray<Member> Members() =>
        _stated["members"] is { } stated
            ? MemberList.Read(stated.Text, what => Fault("members", what))
            : [];

    private void CheckSelf(string node, Uri http, IPEndPoint peer, Member? self)
    {
        if (self is null)
        {
            if (node.Length > 0)
            {
                Fault("members", $"does not name this node, '{node}'");
            }

            return;
        }

        if (self.Url != http)
        {
            Fault("members", $"has {Addresses.Show(self.Url)} for {node}, but --http is {Addresses.Show(http)}");
        }

        if (!self.Peer.Equals(peer))
        {
            Fault("members", $"has {self.Peer} for {node}, but --peer is {peer}");
        }
    }

    private ulong ClusterId(string cluster, ImmutableArray<Member> members)
    {
        if (_stated["cluster-id"] is not { } stated)
        {
            return NodeOptions.HashOf(cluster, members);
        }

        if (stated.Text.Length != 16
            || !ulong.TryParse(stated.Text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id))
        {
            Fault("cluster-id", $"'{stated.Text}' is not 16 hexadecimal digits");
            return 0;
        }

        return id;
    }
}

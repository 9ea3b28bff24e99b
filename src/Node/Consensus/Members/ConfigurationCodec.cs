using System.Buffers.Binary;
using System.Net;
using System.Text;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>A configuration in bytes: in a log entry, with a snapshot, and on disk. docs/formats/configuration.md describes it.</summary>
internal static class ConfigurationCodec
{
    private const byte Format = 2;

    /// <summary>It has no state version.</summary>
    private const byte FormatOfMembersAlone = 1;

    public static byte[] Encode(ClusterConfiguration configuration)
    {
        var bytes = new List<byte> { Format };
        Add(bytes, configuration.StateVersion);
        Add(bytes, configuration.Members.Length);
        foreach (var member in configuration.Members)
        {
            bytes.Add((byte)member.Role);
            bytes.Add((byte)member.Promotion);
            Add(bytes, member.Id);
            Add(bytes, Addresses.Show(member.Member.Url));
            Add(bytes, member.Member.Peer.ToString());
        }

        return [.. bytes];
    }

    /// <summary>The format, when only a newer version of this code knows it; null otherwise.</summary>
    public static byte? NewerFormat(ReadOnlySpan<byte> bytes) => bytes.Length > 0 && bytes[0] > Format ? bytes[0] : null;

    /// <exception cref="InvalidDataException">It is no configuration that this version knows.</exception>
    public static ClusterConfiguration Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new FrameReader(bytes);
        if (reader.Byte() is var format && format is not (Format or FormatOfMembersAlone))
        {
            throw new InvalidDataException($"a configuration of format {format}; this version reads {FormatOfMembersAlone} and {Format}");
        }

        var stateVersion = format == FormatOfMembersAlone ? 0 : reader.UInt16();
        var members = new List<ConfiguredMember>();
        for (var left = reader.UInt16(); left > 0; left--)
        {
            members.Add(ReadMember(ref reader));
        }

        if (reader.Remaining > 0 || members.Count is 0 or > ClusterConfiguration.MaximumMembers
            || members.Select(member => member.Id).Distinct(StringComparer.Ordinal).Count() != members.Count)
        {
            throw new InvalidDataException($"a configuration of {members.Count} members with {reader.Remaining} bytes behind it");
        }

        return new ClusterConfiguration(members, stateVersion);
    }

    private static ConfiguredMember ReadMember(ref FrameReader reader)
    {
        var (role, promotion) = ((MemberRole)reader.Byte(), (Promotion)reader.Byte());
        var (id, url, peer) = (reader.Text(), reader.Text(), reader.Text());
        if (!Enum.IsDefined(role) || !Enum.IsDefined(promotion) || !NodeName.IsValid(id)
            || Addresses.ReadUrl(url, out var readUrl) is not null || Addresses.ReadPeer(peer, out IPEndPoint readPeer) is not null)
        {
            throw new InvalidDataException($"a configuration with a member '{id}' at '{url}' and '{peer}', role {role}, promotion {promotion}");
        }

        return new ConfiguredMember(new Member(id, readUrl, readPeer), role, promotion);
    }

    private static void Add(List<byte> bytes, int number)
    {
        Span<byte> encoded = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(encoded, checked((ushort)number));
        bytes.AddRange(encoded);
    }

    private static void Add(List<byte> bytes, string text)
    {
        var encoded = Encoding.UTF8.GetBytes(text);
        bytes.Add(checked((byte)encoded.Length));
        bytes.AddRange(encoded);
    }
}

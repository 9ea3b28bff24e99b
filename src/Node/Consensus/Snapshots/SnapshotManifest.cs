using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>A file of a snapshot.</summary>
/// <param name="Name">Its name, without a folder.</param>
/// <param name="Length">Its length in bytes.</param>
internal readonly record struct SnapshotFile(string Name, long Length);

/// <summary>What a snapshot consists of, and where in the history it stands.</summary>
/// <param name="Id">Chosen at random when it was taken: what is received of it is never continued with another one.</param>
/// <param name="Position">The position its rows stand at.</param>
/// <param name="Files">Its files, in the order they are sent.</param>
/// <param name="Configuration">Who the members were there: the entry that says so may be in nobody's log any more.</param>
internal sealed record SnapshotManifest(
    UInt128 Id, AppliedPosition Position, ImmutableArray<SnapshotFile> Files, ConfigurationAt Configuration)
{
    private const int FixedLength = 16 + (4 * 8) + 16 + 8;
    private const int MaximumName = 128;

    /// <summary>The length of all files together, in bytes.</summary>
    public long Bytes => Files.Sum(file => file.Length);

    /// <summary>How many bytes come before a place in it.</summary>
    /// <param name="file">The file's number.</param>
    /// <param name="offset">Where in the file.</param>
    public long BytesBefore(int file, long offset) => Files.Take(file).Sum(whole => whole.Length) + offset;

    /// <summary>As it travels, and as a receiver keeps it: docs/formats/peer.md.</summary>
    public byte[] Encode()
    {
        var names = Files.Select(file => Encoding.UTF8.GetBytes(file.Name)).ToArray();
        var configuration = ConfigurationCodec.Encode(Configuration.Configuration);
        var bytes = new byte[FixedLength + names.Sum(name => 1 + name.Length + 8) + 8 + 8 + 4 + configuration.Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Id);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Position.Index);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Position.Term);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Position.Revision);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), Position.Time);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(48), Position.StateHash);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(64), Files.Length);
        var rest = bytes.AsSpan(FixedLength);
        for (var at = 0; at < names.Length; at++)
        {
            rest[0] = (byte)names[at].Length;
            names[at].CopyTo(rest[1..]);
            BinaryPrimitives.WriteInt64LittleEndian(rest[(1 + names[at].Length)..], Files[at].Length);
            rest = rest[(1 + names[at].Length + 8)..];
        }

        BinaryPrimitives.WriteInt64LittleEndian(rest, Configuration.Index);
        BinaryPrimitives.WriteInt64LittleEndian(rest[8..], Configuration.Term);
        BinaryPrimitives.WriteInt32LittleEndian(rest[16..], configuration.Length);
        configuration.CopyTo(rest[20..]);
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is not that, or names a file that no snapshot has.</exception>
    public static SnapshotManifest Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new FrameReader(bytes);
        var id = reader.UInt128();
        var (index, term, revision, time) = (reader.Int64(), reader.Int64(), reader.Int64(), reader.Int64());
        var position = new AppliedPosition(index, term, revision, reader.UInt128(), time);
        var count = reader.Int64();
        if (index < 1 || term < 1 || count < 1 || count > reader.Remaining / 10)
        {
            throw new InvalidDataException($"a snapshot of {count} files at entry {index} of term {term}");
        }

        var files = ImmutableArray.CreateBuilder<SnapshotFile>((int)count);
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase); // As file systems compare that are not exact.
        var room = long.MaxValue;
        for (var at = 0; at < count; at++)
        {
            var file = new SnapshotFile(reader.Text(), reader.Int64());
            if (file.Length < 0 || file.Length > room || !IsPlain(file.Name) || !names.Add(file.Name))
            {
                throw new InvalidDataException($"a snapshot with a file '{file.Name}' of {file.Length} bytes");
            }

            room -= file.Length;
            files.Add(file);
        }

        var (configurationIndex, configurationTerm) = (reader.Int64(), reader.Int64());
        var configuration = ConfigurationCodec.Decode(reader.Bytes(reader.Length()));
        return reader.Remaining == 0 && configurationIndex >= 0 && configurationIndex <= index
            ? new SnapshotManifest(
                id, position, files.MoveToImmutable(), new ConfigurationAt(configurationIndex, configurationTerm, configuration))
            : throw new InvalidDataException($"{reader.Remaining} bytes follow a snapshot's manifest");
    }

    /// <summary>Whether a name stays in its folder and is not one that this program uses there itself.</summary>
    public static bool IsPlain(string name) =>
        name.Length is > 0 and <= MaximumName
        && name[0] != '.'
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_')
        && !name.EndsWith(IncomingSnapshot.Unfinished, StringComparison.Ordinal);
}

using System.Buffers.Binary;
using System.IO.Hashing;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>
/// The configurations that a node knows, on its disk: one that is certainly committed, and those of later entries. A
/// configuration is here before its entry is in the log, so that a start knows what the log says of the members without
/// reading it; and it counts only while the log has its entry, so that it goes when the entry is cut off.
/// </summary>
internal sealed class ConfigurationStore
{
    public const string FileName = "configuration";

    private const int Version = 1;

    private readonly IDisk _disk;
    private readonly string _path;
    private readonly Action<int, string> _stop;
    private readonly Lock _gate = new();

    // Ordered by index and term. The first is committed; below the log's first entry there is no other. Replaced whole, under the
    // gate: who reads it, each request and commit, does not wait for the disk while another one is written.
    private volatile ConfigurationAt[] _known;

    private ConfigurationStore(IDisk disk, string path, ConfigurationAt[] known, Action<int, string> stop) =>
        (_disk, _path, _known, _stop) = (disk, path, known, stop);

    private static ReadOnlySpan<byte> Magic => "RAFTCONF"u8;

    /// <summary>The newest one on the disk, whether or not the log has its entry; null when there is none.</summary>
    public ConfigurationAt? Last => _known.LastOrDefault();

    /// <summary>Reads what a data folder has.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="data">The folder.</param>
    /// <param name="stop">Ends the process when the disk fails later on.</param>
    /// <exception cref="LogDamageException">It is damaged.</exception>
    /// <exception cref="DiskException">The disk failed.</exception>
    public static ConfigurationStore Open(IDisk disk, string data, Action<int, string> stop)
    {
        var path = Path.Combine(data, FileName);
        ConfigurationAt[] known = SmallFile.Read(disk, path) is not { } bytes
            ? []
            : NewerFormat(bytes) is { } newer ? throw new NewerFormatException(path, 0, newer)
            : Decode(bytes) ?? throw new LogDamageException(path, 0, index: null, "it does not say who the members are");
        return new ConfigurationStore(disk, path, known, stop);
    }

    /// <summary>Knows one, and has no disk for another.</summary>
    public static ConfigurationStore Of(ConfigurationAt only) =>
        new(LocalDisk.Instance, "", [only], static (_, why) => throw new InvalidOperationException(why));

    /// <summary>Makes a configuration the only one that the node of a data folder knows, while no node uses the folder.</summary>
    /// <exception cref="DiskException">The disk failed.</exception>
    public static void Replace(IDisk disk, string data, ConfigurationAt only) =>
        SmallFile.Replace(disk, Path.Combine(data, FileName), Encode([only]));

    /// <summary>Says what a new cluster's configuration is, where the disk says nothing.</summary>
    public void Begin(ConfigurationAt initial)
    {
        lock (_gate)
        {
            if (_known.Length == 0)
            {
                _known = [initial];
            }
        }
    }

    /// <summary>The configuration that counts for a node with this log: the newest one whose entry the log has, committed or not.</summary>
    public ConfigurationAt Newest(IRaftLog log) => NewestUpTo(log, long.MaxValue);

    /// <summary>The configuration that counted at an entry of the log.</summary>
    public ConfigurationAt NewestUpTo(IRaftLog log, long index)
    {
        var known = _known;
        for (var at = known.Length - 1; at > 0; at--)
        {
            if (known[at].Index <= index && log.TermAt(known[at].Index) == known[at].Term)
            {
                return known[at];
            }
        }

        return known[0];
    }

    /// <summary>An entry with a configuration is about to be put into the log. On the disk when this returns.</summary>
    public void Expect(ConfigurationAt coming)
    {
        lock (_gate)
        {
            // A node that was given a later one when it joined is sent the earlier ones too, on its way there.
            if (coming.Index > _known[0].Index && !_known.Any(other => other.Index == coming.Index && other.Term == coming.Term))
            {
                Write([.. _known.Append(coming).OrderBy(other => other.Index).ThenBy(other => other.Term)]);
            }
        }
    }

    /// <summary>A committed configuration came by another way than the log: with a snapshot, or when the node joined. On the disk when this returns.</summary>
    public void Trust(ConfigurationAt committed)
    {
        lock (_gate)
        {
            if (_known.Length == 0 || committed.Index > _known[0].Index)
            {
                Write([committed, .. _known.Where(other => other.Index > committed.Index)]);
            }
        }
    }

    /// <summary>The log is about to be cut behind a committed entry: of what counted until then, the last one is kept.</summary>
    public void BeforeCut(IRaftLog log, long committed)
    {
        lock (_gate)
        {
            var kept = NewestUpTo(log, committed);
            if (_known[0] != kept)
            {
                Write([kept, .. _known.Where(other => other.Index > committed)]);
            }
        }
    }

    private void Write(ConfigurationAt[] known)
    {
        try
        {
            SmallFile.Replace(_disk, _path, Encode(known));
            _known = known;
        }
        catch (DiskException failed)
        {
            _stop(Fault.CodeOf(failed), failed.Message);
            throw;
        }
    }

    private static byte[] Encode(ConfigurationAt[] known)
    {
        var payloads = known.Select(one => ConfigurationCodec.Encode(one.Configuration)).ToArray();
        var bytes = new byte[8 + 4 + 4 + payloads.Sum(payload => 8 + 8 + 4 + payload.Length) + 8];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), known.Length);
        var rest = bytes.AsSpan(16);
        for (var at = 0; at < known.Length; at++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, known[at].Index);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], known[at].Term);
            BinaryPrimitives.WriteInt32LittleEndian(rest[16..], payloads[at].Length);
            payloads[at].CopyTo(rest[20..]);
            rest = rest[(20 + payloads[at].Length)..];
        }

        BinaryPrimitives.WriteUInt64LittleEndian(rest, XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        return bytes;
    }

    private static bool IsIntact(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 24 && bytes[..8].SequenceEqual(Magic)
        && XxHash3.HashToUInt64(bytes[..^8]) == BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]);

    /// <summary>What an intact file has that only a newer version of this code writes; null for nothing.</summary>
    private static string? NewerFormat(ReadOnlySpan<byte> bytes)
    {
        if (!IsIntact(bytes))
        {
            return null;
        }

        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) is var version && version > Version)
        {
            return $"format version {version}";
        }

        // The first one that is of a newer format: what is behind it needn't be looked at.
        var reader = new FrameReader(bytes[16..^8]);
        try
        {
            for (var left = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]); left > 0; left--)
            {
                var (index, _) = (reader.Int64(), reader.Int64());
                if (ConfigurationCodec.NewerFormat(reader.Bytes(reader.Length())) is { } newer)
                {
                    return $"a configuration of format {newer} at index {index}";
                }
            }
        }
        catch (InvalidDataException)
        {
            // Not as it says it is: damage.
        }

        return null;
    }

    private static ConfigurationAt[]? Decode(ReadOnlySpan<byte> bytes)
    {
        if (!IsIntact(bytes) || BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) != Version)
        {
            return null;
        }

        try
        {
            var reader = new FrameReader(bytes[16..^8]);
            var known = new List<ConfigurationAt>();
            for (var left = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]); left > 0; left--)
            {
                var (index, term) = (reader.Int64(), reader.Int64());
                known.Add(new ConfigurationAt(index, term, ConfigurationCodec.Decode(reader.Bytes(reader.Length()))));
            }

            return known.Count > 0 && reader.Remaining == 0 ? known.ToArray() : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}

using CsCheck;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;
using RaftCluster.Tests.Node.Log;
using RaftCluster.Tests.Node.Log.Simulation;
using Frame = RaftCluster.Node.Consensus.Transport.Frame;

namespace RaftCluster.Tests.Node.Consensus.Snapshots;

/// <summary>What of snapshots travels, and what is kept of them beside the rows.</summary>
public sealed class SnapshotFormatTests
{
    private static readonly SnapshotManifest _manifest = new(
        UInt128.MaxValue - 7, new AppliedPosition(9, 2, 8, 99, 1234), [new("CURRENT", 16), new("000012.sst", 1L << 33), new("MANIFEST-000004", 0)],
        new ConfigurationAt(7, 2, ClusterConfiguration.Initial(Members.Of(3))));

    [Fact]
    public void A_manifest_comes_out_as_it_went_in()
    {
        var read = SnapshotManifest.Decode(_manifest.Encode());
        Assert.Equal((_manifest.Id, _manifest.Position), (read.Id, read.Position));
        Assert.True(_manifest.Files.SequenceEqual(read.Files));
        Assert.Equal(16 + (1L << 33), read.Bytes);
    }

    [Fact]
    public void A_manifest_cut_anywhere_or_with_more_behind_it_is_refused()
    {
        var bytes = _manifest.Encode();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => SnapshotManifest.Decode(bytes.AsSpan(0, length)));
        }

        Assert.Throws<InvalidDataException>(() => SnapshotManifest.Decode([.. bytes, 0]));
    }

    [Theory]
    [InlineData("../store.current")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("000012.sst.part")]
    [InlineData("nul\0")]
    public void A_file_that_would_leave_its_folder_or_pass_for_an_unfinished_one_is_refused(string name) =>
        Assert.Throws<InvalidDataException>(
            () => SnapshotManifest.Decode((_manifest with { Files = [new SnapshotFile(name, 1)] }).Encode()));

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1L << 40)]
    public void A_count_that_does_not_fit_takes_no_memory(long count)
    {
        var bytes = _manifest.Encode();
        BitConverter.TryWriteBytes(bytes.AsSpan(64), count);
        Assert.Throws<InvalidDataException>(() => SnapshotManifest.Decode(bytes));
    }

    [Fact]
    public void A_chunk_comes_out_as_it_went_in_and_any_bit_changed_on_its_way_is_noticed() =>
        Gen.Select(Gen.Byte.Array[0, 60], Gen.Int[0, 9], Gen.Long[0, 1L << 40], Gen.Long[1, 99]).Sample((content, file, offset, term) =>
        {
            var frame = Frame.ChunkFor(content.Length, out var bytes);
            content.CopyTo(bytes);
            Frame.SealChunk(frame, term, _manifest.Id, file, offset);
            var body = frame.AsMemory(Frame.HeadLength);
            var chunk = Frame.ReadChunk(body);
            Assert.Equal((term, _manifest.Id, file, offset), (chunk.Term, chunk.Id, chunk.File, chunk.Offset));
            Assert.Equal(content, chunk.Bytes.ToArray());
            for (var bit = 0; bit < body.Length * 8; bit++)
            {
                body.Span[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Throws<InvalidDataException>(() => Frame.ReadChunk(body));
                body.Span[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }, iter: 50);

    [Fact]
    public void An_answer_comes_out_as_it_went_in()
    {
        var reply = new SnapshotReply(4, SnapshotAnswer.GoOn, 3, 1L << 40, "weil ß");
        Assert.Equal(reply, Frame.ReadSnapshotReply(Frame.SnapshotReply(reply).AsMemory(Frame.HeadLength)));
    }

    [Fact]
    public void The_pointer_to_the_rows_is_read_as_written_and_any_flipped_bit_is_damage()
    {
        var pointer = new StorePointer("store.12", 7, 3, RebuildPhase.CatchingUp, "the log was damaged at ß");
        var disk = new SimulatedDisk();
        Assert.Equal(StorePointer.First, StorePointer.Read(disk, "/node"));
        pointer.Write(disk, "/node");
        Assert.Equal(pointer, StorePointer.Read(disk, "/node"));
        var bytes = disk.BytesOf($"/node/{StorePointer.FileName}");
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<LogDamageException>(() => StorePointer.Read(disk, "/node"));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Manifest_pointer_and_incoming_have_the_bytes_they_always_had()
    {
        var disk = new SimulatedDisk();
        Golden.Matches("manifest.hex", _manifest.Encode());
        new StorePointer("store.12", 7, 3, RebuildPhase.CatchingUp, "the log was damaged at ß").Write(disk, "/node");
        Golden.Matches("store.current.hex", disk.BytesOf("/node/store.current"));
        StoreFolders.Open(disk, "/node").Receive(_manifest);
        Golden.Matches("incoming.hex", disk.BytesOf("/node/incoming"));
    }

    [Theory]
    [InlineData((byte)RebuildPhase.None, 0)]
    [InlineData((byte)RebuildPhase.Clearing, 1)]
    [InlineData((byte)RebuildPhase.CatchingUp, 2)]
    [InlineData((byte)RebuildPhase.Noted, 3)]
    public void A_phase_keeps_its_number(byte phase, byte number) => Assert.Equal(number, phase);

    [Fact]
    public void A_header_says_whether_the_log_begins_anew()
    {
        Span<byte> bytes = stackalloc byte[SegmentHeader.Bytes];
        foreach (var anew in (ReadOnlySpan<bool>)[false, true])
        {
            var header = new SegmentHeader(5, 6, 7, 8, 9, 10, anew);
            header.Write(bytes);
            Assert.Null(SegmentHeader.TryRead(bytes, out var read));
            Assert.Equal(header, read);
        }
    }
}

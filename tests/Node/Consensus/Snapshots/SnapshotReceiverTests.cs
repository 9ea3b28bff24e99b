using Microsoft.Extensions.Logging.Abstractions;
using RaftCluster.Node;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine;
using RaftCluster.Tests.Node.Consensus.StockDefects.Scripted;
using RaftCluster.Tests.Node.Log.Simulation;

namespace RaftCluster.Tests.Node.Consensus.Snapshots;

/// <summary>What a receiver answers to a leader that sends it a snapshot, frame by frame, and what is on its disk then.</summary>
public sealed class SnapshotReceiverTests
{
    private const string Data = "/node";
    private const long Term = 5;

    private static readonly byte[][] _contents = [[1, 2, 3, 4], [], [.. Enumerable.Range(0, 3000).Select(at => (byte)at)]];

    private static readonly SnapshotManifest _manifest = Manifest(7, "CURRENT", "EMPTY", "000001.sst");

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    private readonly SimulatedDisk _disk = new();
    private readonly List<(int Code, string Message)> _stops = [];
    private readonly List<string> _installed = [];
    private long _term = Term;
    private string? _flaw;
    private StoreFolders _folders;
    private SnapshotReceiver _receiver;

    public SnapshotReceiverTests() => (_folders, _receiver) = Start(_disk);

    [Fact]
    public async Task All_files_are_received_in_order_and_installed_when_that_is_asked_for()
    {
        Assert.Equal((SnapshotAnswer.GoOn, 0, 0L), await BeginAsync(_manifest));
        Assert.Equal((SnapshotAnswer.GoOn, 0, 3L), await ChunkAsync(0, 0, 3));
        Assert.Equal((SnapshotAnswer.GoOn, 1, 0L), await ChunkAsync(0, 3, 1));
        Assert.Equal((SnapshotAnswer.GoOn, 2, 0L), await ChunkAsync(1, 0, 0));
        Assert.Equal((SnapshotAnswer.GoOn, 2, 2000L), await ChunkAsync(2, 0, 2000));
        Assert.Equal(new SnapshotProgress(9, 2004, 3004), _receiver.Progress);
        Assert.Equal(SnapshotAnswer.GoOn, (await InstallAsync()).Answer);
        Assert.Equal(SnapshotAnswer.Complete, (await ChunkAsync(2, 2000, 1000)).Answer);
        Assert.Empty(_installed);

        Assert.Equal(SnapshotAnswer.Installed, (await InstallAsync()).Answer);
        Assert.Equal(["/node/store.1"], _installed);
        Assert.Null(_receiver.Progress);
        foreach (var (file, content) in _manifest.Files.Zip(_contents))
        {
            Assert.Equal(content, _disk.BytesOf($"/node/store.1/{file.Name}"));
        }
    }

    [Fact]
    public async Task A_chunk_that_was_changed_on_its_way_is_not_taken()
    {
        await BeginAsync(_manifest);
        var body = Chunk(_manifest.Id, 0, 0, _contents[0]);
        body.Span[^1] ^= 1;
        await Assert.ThrowsAsync<InvalidDataException>(async () => await _receiver.AnswerAsync(FrameKind.SnapshotChunk, body, Patience));

        Assert.Equal((SnapshotAnswer.GoOn, 0, 0L), await BeginAsync(_manifest));
        Assert.Equal((SnapshotAnswer.GoOn, 1, 0L), await ChunkAsync(0, 0, 4));
    }

    [Fact]
    public async Task A_chunk_with_more_than_the_file_has_is_not_taken()
    {
        await BeginAsync(_manifest);
        await Assert.ThrowsAsync<InvalidDataException>(
            async () => await _receiver.AnswerAsync(FrameKind.SnapshotChunk, Chunk(_manifest.Id, 0, 0, new byte[5]), Patience));
        Assert.Equal((SnapshotAnswer.GoOn, 0, 0L), await BeginAsync(_manifest));
    }

    [Fact]
    public async Task What_comes_twice_too_early_or_after_the_end_changes_nothing_and_is_told_what_is_wanted()
    {
        await BeginAsync(_manifest);
        Assert.Equal((SnapshotAnswer.GoOn, 0, 0L), await ChunkAsync(0, 2, 2));
        Assert.Equal((SnapshotAnswer.GoOn, 0, 0L), await ChunkAsync(2, 0, 10));
        await ChunkAsync(0, 0, 4);
        Assert.Equal((SnapshotAnswer.GoOn, 1, 0L), await ChunkAsync(0, 0, 4));
        Assert.Equal((SnapshotAnswer.GoOn, 1, 0L), await ChunkAsync(-1, 0, 0));
        await ReceiveAllAsync();
        Assert.Equal(SnapshotAnswer.Complete, (await ChunkAsync(3, 0, 0)).Answer);
        Assert.Equal(SnapshotAnswer.Complete, (await ChunkAsync(2, 3000, 0)).Answer);
        Assert.Equal(_contents[0], _disk.BytesOf("/node/store.1/CURRENT"));
    }

    [Fact]
    public async Task After_a_break_it_goes_on_at_the_byte_and_after_a_crash_at_the_file()
    {
        await BeginAsync(_manifest);
        await ChunkAsync(0, 0, 4);
        await ChunkAsync(1, 0, 0);
        await ChunkAsync(2, 0, 1234);
        Assert.Equal((SnapshotAnswer.GoOn, 2, 1234L), await BeginAsync(_manifest));

        var disk = _disk.AfterCrash(Survival.Nothing);
        (_folders, _receiver) = Start(disk);
        Assert.Equal((SnapshotAnswer.GoOn, 2, 0L), await BeginAsync(_manifest));
        await ReceiveAllAsync();
        Assert.Equal(SnapshotAnswer.Installed, (await InstallAsync()).Answer);
        Assert.Equal(_contents[2], disk.BytesOf("/node/store.1/000001.sst"));
    }

    [Fact]
    public async Task A_newer_snapshot_takes_the_place_of_one_on_its_way_and_nothing_of_the_old_one_is_taken_any_more()
    {
        await BeginAsync(_manifest);
        await ChunkAsync(0, 0, 4);
        var next = Manifest(8, "CURRENT", "EMPTY", "000009.sst");
        Assert.Equal((SnapshotAnswer.GoOn, 0, 0L), await BeginAsync(next));

        var late = await AskAsync(FrameKind.SnapshotChunk, Chunk(_manifest.Id, 0, 0, _contents[0]));
        Assert.Equal("that snapshot was not begun here", late.Reason);
        Assert.Equal("that snapshot was not begun here", (await AskAsync(FrameKind.SnapshotInstall, Install())).Reason);
        Assert.DoesNotContain(_disk.Names(), name => name.EndsWith("/CURRENT", StringComparison.Ordinal));
        Assert.Equal(next.Id, _folders.Incoming!.Manifest.Id);
    }

    [Fact]
    public async Task The_same_name_for_another_content_is_another_snapshot()
    {
        await BeginAsync(_manifest);
        await ChunkAsync(0, 0, 4);
        Assert.Equal((SnapshotAnswer.GoOn, 0, 0L), await BeginAsync(Manifest(7, "CURRENT", "OTHER", "000001.sst")));
    }

    [Fact]
    public async Task A_leader_whose_term_is_over_is_refused_at_every_step()
    {
        await BeginAsync(_manifest);
        _term = Term + 1;
        Assert.Equal((Term + 1, "term 5 is over"), Told(await AskAsync(FrameKind.SnapshotChunk, Chunk(_manifest.Id, 0, 0, _contents[0]))));
        Assert.Equal((Term + 1, "term 5 is over"), Told(await AskAsync(FrameKind.SnapshotInstall, Install())));
        Assert.Equal((Term + 1, "term 5 is over"), Told(await AskAsync(FrameKind.SnapshotBegin, Begin(_manifest))));
        Assert.Equal(0, _folders.Incoming!.Received);

        static (long, string) Told(SnapshotReply reply)
        {
            Assert.Equal(SnapshotAnswer.Refused, reply.Answer);
            return (reply.Term, reply.Reason);
        }
    }

    [Theory]
    [InlineData("CURRENT", "CURRENT")]
    [InlineData("CURRENT", "current")]
    public async Task A_snapshot_that_names_a_file_twice_is_refused_before_anything_is_kept(string one, string other)
    {
        var calls = _disk.Calls;
        await Assert.ThrowsAsync<InvalidDataException>(
            async () => await _receiver.AnswerAsync(FrameKind.SnapshotBegin, Begin(Manifest(7, one, other, "000001.sst")), Patience));
        Assert.Equal((calls, null), (_disk.Calls, _folders.Incoming));
    }

    [Fact]
    public async Task What_the_node_has_already_is_not_received()
    {
        (_folders, _receiver) = Start(_disk, has: true);
        Assert.Equal(SnapshotAnswer.Installed, (await BeginAsync(_manifest)).Answer);
        Assert.Null(_folders.Incoming);
    }

    [Fact]
    public async Task Rows_that_are_not_those_that_were_announced_are_refused_and_let_go()
    {
        await BeginAsync(_manifest);
        await ReceiveAllAsync();
        _flaw = "its rows stand at entry 8";
        var reply = await AskAsync(FrameKind.SnapshotInstall, Install());

        Assert.Equal((SnapshotAnswer.Refused, "its rows stand at entry 8"), (reply.Answer, reply.Reason));
        Assert.Null(_folders.Incoming);
        Assert.Empty(_disk.Names());
    }

    [Fact]
    public async Task A_full_disk_lets_the_snapshot_go_and_a_broken_one_ends_the_process()
    {
        // Every call of receiving the first file fails once.
        var (isFull, ends) = (0, 0);
        for (var failAt = 1; ; failAt++)
        {
            foreach (var full in (bool[])[true, false])
            {
                _stops.Clear();
                var disk = new SimulatedDisk { FailAt = failAt, IsFull = full };
                SnapshotReply? reply = null;
                try
                {
                    (_folders, _receiver) = Start(disk);
                    reply = await AskAsync(FrameKind.SnapshotBegin, Begin(_manifest));
                    reply = reply is { Answer: SnapshotAnswer.GoOn }
                        ? await AskAsync(FrameKind.SnapshotChunk, Chunk(_manifest.Id, 0, 0, _contents[0]))
                        : reply;
                }
                catch (RaftCluster.Node.Consensus.Log.Disk.DiskException)
                {
                }

                if (!disk.HasFailed)
                {
                    Assert.True(isFull > 3 && ends > 3);
                    return;
                }

                if (_stops.Count > 0)
                {
                    Assert.Equal(full ? ExitCode.DiskFull : ExitCode.Disk, _stops[0].Code);
                    ends++;
                }
                else if (reply is { } told && full)
                {
                    Assert.Equal(SnapshotAnswer.Refused, told.Answer);
                    Assert.Null(_folders.Incoming);
                    isFull++;
                }
            }
        }
    }

    private (StoreFolders, SnapshotReceiver) Start(SimulatedDisk disk, bool has = false)
    {
        var folders = StoreFolders.Open(disk, Data);
        return (folders, new SnapshotReceiver(
            folders,
            () => _term,
            _ => has,
            incoming =>
            {
                _installed.Add(incoming.Folder);
                return Task.FromResult(_flaw);
            },
            (code, message) => _stops.Add((code, message)),
            new ConsensusMeasures(),
            NullLogger.Instance));
    }

    private static SnapshotManifest Manifest(int id, params string[] names) => new(
        (UInt128)id, new AppliedPosition(9, 2, 8, 99, 1234), [.. names.Select((name, at) => new SnapshotFile(name, _contents[at].Length))],
        new ConfigurationAt(7, 2, ClusterConfiguration.Initial(Members.Of(3))));

    private async Task ReceiveAllAsync()
    {
        var incoming = _folders.Incoming!;
        while (!incoming.IsComplete)
        {
            await ChunkAsync(incoming.File, (int)incoming.Offset, _contents[incoming.File].Length - (int)incoming.Offset);
        }
    }

    private async Task<(SnapshotAnswer Answer, int File, long Offset)> BeginAsync(SnapshotManifest manifest) =>
        Wanted(await AskAsync(FrameKind.SnapshotBegin, Begin(manifest)));

    private async Task<(SnapshotAnswer Answer, int File, long Offset)> ChunkAsync(int file, int offset, int length) =>
        Wanted(await AskAsync(
            FrameKind.SnapshotChunk,
            Chunk(_manifest.Id, file, offset, file is >= 0 and < 3 ? _contents[file].AsSpan(offset, length) : new byte[length])));

    private async Task<(SnapshotAnswer Answer, int File, long Offset)> InstallAsync() =>
        Wanted(await AskAsync(FrameKind.SnapshotInstall, Install()));

    private async Task<SnapshotReply> AskAsync(FrameKind kind, ReadOnlyMemory<byte> body) =>
        Frame.ReadSnapshotReply((await _receiver.AnswerAsync(kind, body, Patience)).AsMemory(Frame.HeadLength));

    private static (SnapshotAnswer, int, long) Wanted(SnapshotReply reply) => (reply.Answer, reply.File, reply.Offset);

    private static ReadOnlyMemory<byte> Install() => Frame.SnapshotInstall(Term, _manifest.Id).AsMemory(Frame.HeadLength);

    private static ReadOnlyMemory<byte> Begin(SnapshotManifest manifest) => Frame.SnapshotBegin(Term, manifest.Encode()).AsMemory(Frame.HeadLength);

    private static Memory<byte> Chunk(UInt128 id, int file, long offset, ReadOnlySpan<byte> bytes)
    {
        var frame = Frame.ChunkFor(bytes.Length, out var room);
        bytes.CopyTo(room);
        Frame.SealChunk(frame, Term, id, file, offset);
        return frame.AsMemory(Frame.HeadLength);
    }
}

using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Transport;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>Receives a leader's snapshot, one piece at a time, and has it installed when all of it is here.</summary>
/// <param name="folders">Where it is kept.</param>
/// <param name="currentTerm">This node's term: an older leader is refused.</param>
/// <param name="has">Whether this node has come as far as a position without it.</param>
/// <param name="install">Puts what was received in the rows' place.</param>
/// <param name="stop">Ends the process when the disk fails.</param>
/// <param name="measures">What it counts.</param>
/// <param name="logger">Where it logs.</param>
internal sealed partial class SnapshotReceiver(
    StoreFolders folders,
    Func<long> currentTerm,
    Func<LogPlace, bool> has,
    Func<IncomingSnapshot, Task<string?>> install,
    Action<int, string> stop,
    ConsensusMeasures measures,
    ILogger logger) : IAsyncDisposable
{
    private readonly Turn _turn = new();
    private int _tenths;

    /// <summary>How far a snapshot has come in; null when none is.</summary>
    public SnapshotProgress? Progress { get; private set; }

    /// <summary>Answers one frame of the snapshots' channel.</summary>
    /// <exception cref="InvalidDataException">It is none, or was changed on its way.</exception>
    public async ValueTask<byte[]> AnswerAsync(FrameKind kind, ReadOnlyMemory<byte> body, CancellationToken token)
    {
        using var turn = await _turn.TakeAsync(token).ConfigureAwait(false);
        try
        {
            return Frame.SnapshotReply(kind switch
            {
                FrameKind.SnapshotBegin => Begin(body.Span),
                FrameKind.SnapshotChunk => Take(Frame.ReadChunk(body)),
                FrameKind.SnapshotInstall => await InstallAsync(body).ConfigureAwait(false),
                _ => throw new InvalidDataException($"a {kind} frame on the connection for snapshots"),
            });
        }
        catch (DiskException full) when (full.IsFull && kind != FrameKind.SnapshotInstall)
        {
            return Frame.SnapshotReply(LetGo(full));
        }
        catch (DiskException failed)
        {
            throw Stop(failed);
        }
    }

    /// <summary>Waits until nothing is being received or installed, and takes the turn for good.</summary>
    public async ValueTask DisposeAsync() => await _turn.TakeAsync().ConfigureAwait(false);

    private SnapshotReply Begin(ReadOnlySpan<byte> body)
    {
        var term = new FrameReader(body).Int64();
        if (term < currentTerm())
        {
            return Refuse($"term {term} is over");
        }

        var manifest = SnapshotManifest.Decode(body[8..]);
        if (has(new LogPlace(manifest.Position.Index, manifest.Position.Term)))
        {
            return Reply(SnapshotAnswer.Installed);
        }

        var incoming = folders.Receive(manifest);
        Log.Begun(logger, manifest.Position.Index, manifest.Bytes, incoming.Received);
        _tenths = 0;
        Note(incoming);
        return Wanted(incoming);
    }

    private SnapshotReply Take(SnapshotChunk chunk)
    {
        if (Refusal(chunk.Term, chunk.Id) is { } refusal)
        {
            return Refuse(refusal);
        }

        var incoming = folders.Incoming!;
        if (!incoming.IsComplete && chunk.File == incoming.File && chunk.Offset == incoming.Offset)
        {
            incoming.Take(chunk.Bytes.Span);
            Note(incoming);
        }

        // Anything else was sent before a break: what is wanted now is said anyway.
        return Wanted(incoming);
    }

    private async Task<SnapshotReply> InstallAsync(ReadOnlyMemory<byte> body)
    {
        var (term, id) = Read(body.Span);
        if (Refusal(term, id) is { } refusal)
        {
            return Refuse(refusal);
        }

        var incoming = folders.Incoming!;
        if (!incoming.IsComplete)
        {
            return Wanted(incoming);
        }

        var wrong = await install(incoming).ConfigureAwait(false);
        Progress = null;
        if (wrong is null)
        {
            measures.SnapshotsInstalled.Add();
            return Reply(SnapshotAnswer.Installed);
        }

        measures.SnapshotsUnfit.Add();
        Log.Unfit(logger, incoming.Manifest.Position.Index, wrong);
        folders.Forget();
        return Refuse(wrong);

        static (long Term, UInt128 Id) Read(ReadOnlySpan<byte> body)
        {
            var reader = new FrameReader(body);
            return (reader.Int64(), reader.UInt128());
        }
    }

    /// <summary>The node's own writes need the room more.</summary>
    private SnapshotReply LetGo(DiskException full)
    {
        try
        {
            folders.Forget();
            Progress = null;
            return Refuse(full.Message);
        }
        catch (DiskException failed)
        {
            throw Stop(failed);
        }
    }

    private DiskException Stop(DiskException failed)
    {
        stop(Fault.CodeOf(failed), $"receiving a snapshot: {failed.Message}");
        return failed;
    }

    private string? Refusal(long term, UInt128 id) =>
        term < currentTerm() ? $"term {term} is over"
        : folders.Incoming?.Manifest.Id != id ? "that snapshot was not begun here"
        : null;

    private void Note(IncomingSnapshot incoming)
    {
        var (received, total) = (incoming.Received, incoming.Manifest.Bytes);
        Progress = new SnapshotProgress(incoming.Manifest.Position.Index, received, total);
        var tenths = total == 0 ? 10 : (int)(received * 10 / total);
        if (tenths > _tenths)
        {
            _tenths = tenths;
            Log.Progress(logger, incoming.Manifest.Position.Index, tenths * 10, received, total);
        }
    }

    private SnapshotReply Wanted(IncomingSnapshot incoming) => incoming.IsComplete
        ? Reply(SnapshotAnswer.Complete)
        : new SnapshotReply(currentTerm(), SnapshotAnswer.GoOn, incoming.File, incoming.Offset, "");

    private SnapshotReply Reply(SnapshotAnswer answer) => new(currentTerm(), answer, 0, 0, "");

    private SnapshotReply Refuse(string reason) => new(currentTerm(), SnapshotAnswer.Refused, 0, 0, reason);

    private static partial class Log
    {
        [LoggerMessage(1211, LogLevel.Information, "receives a snapshot at entry {Index}: {Bytes} bytes, of which {Received} are here")]
        public static partial void Begun(ILogger logger, long index, long bytes, long received);

        [LoggerMessage(1212, LogLevel.Information, "has {Percent} % of the snapshot at entry {Index}: {Received} of {Total} bytes")]
        public static partial void Progress(ILogger logger, long index, int percent, long received, long total);

        [LoggerMessage(1213, LogLevel.Warning, "the snapshot at entry {Index} can't be used: {Reason}")]
        public static partial void Unfit(ILogger logger, long index, string reason);
    }
}

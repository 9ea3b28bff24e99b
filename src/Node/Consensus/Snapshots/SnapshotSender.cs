using System.Threading.RateLimiting;
using Microsoft.Win32.SafeHandles;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Consensus.Snapshots;

/// <summary>How far a snapshot has come on its way.</summary>
/// <param name="Index">The entry it stands at.</param>
/// <param name="Sent">The bytes that the receiver has.</param>
/// <param name="Total">The bytes of all its files.</param>
public sealed record SnapshotProgress(long Index, long Sent, long Total);

/// <summary>
/// Sends a copy of the rows to a follower whose next entry is not in this node's log any more. It runs beside the rounds
/// of replication, over a connection of its own, and acknowledges nothing.
/// </summary>
internal sealed partial class SnapshotSender(
    Member to, IPeerLink link, IRaftLog log, SnapshotShelf shelf, RateLimiter rate, Func<long> currentTerm,
    Func<StorageException, Task> fail, Action<int, string> stop, ConsensusMeasures measures, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Small enough to stay out of the large object heap at both ends.</summary>
    private const int ChunkBytes = 64 << 10;

    private static readonly TimeSpan _chunkLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _installLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _disposing = new();
    private SnapshotCopy? _begun;
    private int _running;
    private TimeSpan _pause;
    private long _endedAt;

    /// <summary>How far it has come; null when nothing is being sent.</summary>
    public SnapshotProgress? Progress { get; private set; }

    /// <summary>The follower needs a snapshot: begins to send one, unless that is under way, or failed a moment ago.</summary>
    public void Need(long term)
    {
        if (_disposing.IsCancellationRequested
            || (_pause > TimeSpan.Zero && time.GetElapsedTime(_endedAt) < _pause)
            || Interlocked.Exchange(ref _running, 1) != 0)
        {
            return;
        }

        _ = Task.Run(() => RunAsync(term), CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Dispose() => _disposing.Cancel();

    private async Task RunAsync(long term)
    {
        try
        {
            var copy = await shelf.TakeAsync(log.FirstIndex - 1, _begun, _disposing.Token).ConfigureAwait(false);
            _begun = copy;
            try
            {
                await SendAsync(copy, term, _disposing.Token).ConfigureAwait(false);
                (_begun, _pause) = (null, TimeSpan.Zero);
            }
            finally
            {
                shelf.Return(copy);
            }
        }
        catch (Exception broken) when (broken is PeerUnavailableException or SnapshotRefusedException or IOException)
        {
            _pause = _pause == TimeSpan.Zero || Progress is { Sent: > 0 } && broken is PeerUnavailableException
                ? _firstPause
                : Min(_pause * 2, _longestPause);
            measures.SnapshotsBroken.Add();
            Log.Broken(logger, to.Id, broken.Message);
        }
        catch (StorageException full) when (full.Fault == StorageFault.DiskFull)
        {
            _pause = _longestPause;
            measures.SnapshotsBroken.Add();
            Log.Broken(logger, to.Id, full.Message);
        }
        catch (StorageException failed)
        {
            await fail(failed).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_disposing.IsCancellationRequested)
        {
            // This node stops.
        }
        catch (Exception unexpected)
        {
            // Nobody awaits this task, so nobody else would notice.
            stop(ExitCode.Internal, $"sending a snapshot failed: {unexpected.GetType().Name}: {unexpected.Message}");
            throw;
        }
        finally
        {
            (Progress, _endedAt) = (null, time.GetTimestamp());
            Volatile.Write(ref _running, 0);
        }
    }

    private async Task SendAsync(SnapshotCopy copy, long term, CancellationToken token)
    {
        var manifest = copy.Manifest;
        var (begunAt, total) = (time.GetTimestamp(), manifest.Bytes);
        var reply = await AskAsync(Frame.SnapshotBegin(term, manifest.Encode()), term, _chunkLimit, token).ConfigureAwait(false);
        Log.Begun(logger, to.Id, manifest.Position.Index, total, manifest.Files.Length, Sent(manifest, reply));
        while (reply.Answer == SnapshotAnswer.GoOn)
        {
            reply = await SendFileAsync(copy, reply, term, token).ConfigureAwait(false);
        }

        if (reply.Answer == SnapshotAnswer.Complete)
        {
            reply = await InstallAsync(copy, term, token).ConfigureAwait(false);
        }

        if (reply.Answer != SnapshotAnswer.Installed)
        {
            throw new SnapshotRefusedException($"{to.Id} answers {reply.Answer} where it should have installed");
        }

        var took = time.GetElapsedTime(begunAt);
        measures.SnapshotsSent.Add();
        measures.SnapshotTook?.Invoke(took);
        Log.Installed(logger, to.Id, manifest.Position.Index, (long)took.TotalMilliseconds);
    }

    private async Task<SnapshotReply> InstallAsync(SnapshotCopy copy, long term, CancellationToken token)
    {
        try
        {
            return await AskAsync(Frame.SnapshotInstall(term, copy.Manifest.Id), term, _installLimit, token).ConfigureAwait(false);
        }
        catch (SnapshotRefusedException) when (currentTerm() == term)
        {
            // It may have rotted since it was made, and with it the rows, whose files it shares.
            await Task.Run(() => RowStore.Verify(copy.Folder), token).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends the rest of the file that the receiver asks for.</summary>
    private async Task<SnapshotReply> SendFileAsync(SnapshotCopy copy, SnapshotReply wanted, long term, CancellationToken token)
    {
        var (manifest, number) = (copy.Manifest, wanted.File);
        if (number < 0 || number >= manifest.Files.Length || wanted.Offset < 0 || wanted.Offset > manifest.Files[number].Length)
        {
            throw new SnapshotRefusedException($"{to.Id} wants byte {wanted.Offset} of file {number}, which the snapshot has not");
        }

        using var file = File.OpenHandle(Path.Combine(copy.Folder, manifest.Files[number].Name));
        while (wanted.Answer == SnapshotAnswer.GoOn && wanted.File == number)
        {
            var length = (int)Math.Min(ChunkBytes, manifest.Files[number].Length - wanted.Offset);
            using var permit = await rate.AcquireAsync(Math.Max(1, length), token).ConfigureAwait(false);
            wanted = await AskAsync(
                Chunk(file, manifest.Id, number, wanted.Offset, length, term), term, _chunkLimit, token).ConfigureAwait(false);
            measures.SnapshotBytesSent.Add(length);
            Progress = new SnapshotProgress(manifest.Position.Index, Sent(manifest, wanted), manifest.Bytes);
        }

        return wanted;
    }

    private static byte[] Chunk(SafeFileHandle file, UInt128 id, int number, long offset, int length, long term)
    {
        var frame = Frame.ChunkFor(length, out var bytes);
        for (var read = 0; read < length;)
        {
            var part = RandomAccess.Read(file, bytes[read..], offset + read);
            if (part == 0)
            {
                throw new SnapshotRefusedException("a file of the copy became shorter");
            }

            read += part;
        }

        Frame.SealChunk(frame, term, id, number, offset);
        return frame;
    }

    private async Task<SnapshotReply> AskAsync(byte[] frame, long term, TimeSpan limit, CancellationToken token)
    {
        if (currentTerm() != term)
        {
            throw new SnapshotRefusedException("this node leads no more");
        }

        var reply = await link.SendSnapshotAsync(frame, limit, token).ConfigureAwait(false);
        return reply.Answer != SnapshotAnswer.Refused
            ? reply
            : throw new SnapshotRefusedException($"{to.Id} refuses it: {reply.Reason}");
    }

    private static long Sent(SnapshotManifest manifest, in SnapshotReply reply) => reply.Answer == SnapshotAnswer.GoOn
        ? manifest.BytesBefore(reply.File, reply.Offset)
        : manifest.Bytes;

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private sealed class SnapshotRefusedException(string message) : Exception(message);

    private static partial class Log
    {
        [LoggerMessage(1201, LogLevel.Information, "sends {Peer} a snapshot at entry {Index}: {Bytes} bytes in {Files} files, of which it has {Sent} bytes")]
        public static partial void Begun(ILogger logger, string peer, long index, long bytes, int files, long sent);

        [LoggerMessage(1202, LogLevel.Information, "{Peer} installed the snapshot at entry {Index}, {Milliseconds} ms after it was begun")]
        public static partial void Installed(ILogger logger, string peer, long index, long milliseconds);

        [LoggerMessage(1203, LogLevel.Warning, "the snapshot for {Peer} broke off: {Reason}")]
        public static partial void Broken(ILogger logger, string peer, string reason);
    }
}

using System.Text;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using RaftCluster.Tests.Node.Log;

namespace RaftCluster.Tests.Node.Consensus.StockDefects;

/// <summary>
/// A follower over the library's own log, in files. A crash is the gentlest there is: the process is killed and the
/// machine goes on, so everything the log wrote is there when it is opened again, synced or not.
/// </summary>
internal sealed class StockFollower : Follower
{
    private readonly TemporaryFolder _folder;
    private readonly FlushGate _gate;
    private readonly WriteAheadLog _log;

    private StockFollower(TemporaryFolder folder, FlushGate gate, WriteAheadLog log)
        : base(log, []) => (_folder, _gate, _log) = (folder, gate, log);

    public override long LastIndex => _log.LastEntryIndex;

    public static Task<Follower> OpenAsync() => OpenAsync(new TemporaryFolder());

    public override async Task BreakDiskAsync()
    {
        // What is there already is brought to the disk first. The second call wakes the flusher once more.
        await _log.FlushAsync();
        var held = _gate.HoldNext();
        await _log.FlushAsync();
        await held;
    }

    public override async Task FailOneSyncAsync(Func<Task> request)
    {
        await BreakDiskAsync();
        await request();
        _gate.Release(new IOException("Input/output error"));

        // Completes when the log has noticed the failure.
        await Assert.ThrowsAsync<WriteAheadLog.InternalException>(() => _log.FlushAsync());
    }

    public override async Task<Follower> RestartAsync()
    {
        var copy = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy.Path, Path.GetRelativePath(_folder.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        await DisposeAsync();
        return await OpenAsync(copy);
    }

    public override async Task<string[]> ReadAsync()
    {
        using var entries = await _log.ReadAsync(1, LastIndex);
        return [.. entries.Select(static entry => entry.TryGetPayload(out var says) ? Encoding.ASCII.GetString(says) : "")];
    }

    protected override async Task CloseAsync()
    {
        _gate.Release();
        await _log.DisposeAsync();
        _gate.Dispose();
        _folder.Dispose();
    }

    private static async Task<Follower> OpenAsync(TemporaryFolder folder)
    {
        var gate = new FlushGate();
        var log = new WriteAheadLog(new WriteAheadLog.Options { Location = folder.Path }, gate);
        var follower = new StockFollower(folder, gate, log);
        await follower.FollowAsync();
        return follower;
    }

    /// <summary>
    /// Each run of the log's background flush begins with a look at the state machine's snapshot: the one place, open to
    /// everybody, at which a test can hold it up, or let it fail.
    /// </summary>
    private sealed class FlushGate : IStateMachine, IDisposable
    {
        private readonly Lock _lock = new();
        private readonly ManualResetEventSlim _released = new();
        private TaskCompletionSource? _next;
        private IOException? _failure;

        ISnapshot? ISnapshotManager.Snapshot
        {
            get
            {
                TaskCompletionSource? held;
                lock (_lock)
                {
                    held = _next;
                    _next = null;
                }

                if (held is not null)
                {
                    held.SetResult();
                    _released.Wait();
                    if (_failure is { } failure)
                    {
                        throw failure;
                    }
                }

                return null;
            }
        }

        /// <summary>Holds up the next caller only: the flusher, when nothing else is going on.</summary>
        /// <returns>Completes when it is there.</returns>
        public Task HoldNext()
        {
            lock (_lock)
            {
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _next.Task;
            }
        }

        /// <summary>Lets it go on, or fail.</summary>
        public void Release(IOException? failure = null)
        {
            _failure ??= _released.IsSet ? null : failure;
            _released.Set();
        }

        public void Dispose() => _released.Dispose();

        ValueTask ISnapshotManager.ReclaimGarbageAsync(long watermark, CancellationToken token) => ValueTask.CompletedTask;

        ValueTask<long> IStateMachine.ApplyAsync(LogEntry entry, CancellationToken token) => ValueTask.FromResult(entry.Index);
    }
}

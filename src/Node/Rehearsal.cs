using System.Collections.Immutable;
using System.Net;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.Node.Diagnosis;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node;

/// <summary>
/// Rehearses, once in a process, what no node does before it matters: three nodes of its own, in a folder beside its rows and
/// on ports that the system picks, elect one, hand over, and lose a leader. The runtime compiles code when it first runs; at a
/// real election every millisecond of that is a write that waits, and it took longer than the election itself.
/// </summary>
internal sealed partial class Rehearsal : IDisposable
{
    /// <summary>The folder in the data folder that it plays in.</summary>
    public const string FolderName = "rehearsal";

    private const int Nodes = 3;

    private const int Writers = 2;

    /// <summary>Between two writes of a writer: enough of them to have some under way at any moment, and no load.</summary>
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(5);

    /// <summary>Much longer than it takes on a busy machine; what it has not shown by then is compiled when it is called, as ever.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(20);

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _over = new();
    private readonly Actor[] _actors = new Actor[Nodes];
    private string? _failure;

    private Rehearsal(string folder, TimeProvider time) => (_folder, _time) = (folder, time);

    /// <summary>Plays it through, and leaves nothing behind. That it fails harms nothing, and is logged.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="logger">Told how it went.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task RunAsync(string data, ILogger logger, TimeProvider time, CancellationToken stop)
    {
        var folder = Path.Combine(data, FolderName);
        var begun = time.GetTimestamp();
        try
        {
            Clear(folder);
            using var rehearsal = new Rehearsal(folder, time);
            await rehearsal.PlayAsync(stop);
            Log.Played(logger, (long)time.GetElapsedTime(begun).TotalMilliseconds);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException
            or StorageException or DiskException or LogFailedException or OperationCanceledException or InvalidOperationException)
        {
            Log.Failed(logger, OneLine.Of(failed));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _over.Dispose();

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task PlayAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop, _over.Token);
        limit.CancelAfter(_longest);
        var token = limit.Token;
        using var logging = LoggerFactory.Create(made => made.AddProvider(new LogRing(_time)));
        var members = Enumerable.Range(0, Nodes)
            .Select(at => new Member($"rehearsal-{at}", new Uri($"http://127.0.0.1:{at + 1}"), new IPEndPoint(IPAddress.Loopback, at + 1)))
            .ToImmutableArray();
        try
        {
            for (var at = 0; at < Nodes; at++)
            {
                var place = at;
                _actors[at] = await AsideAsync(() => Actor.EnterAsync(_folder, members, place, Where, Fail, logging, _time));
            }

            foreach (var actor in _actors)
            {
                await actor.Node.StartAsync(token);
            }

            using var enough = CancellationTokenSource.CreateLinkedTokenSource(token);
            var writers = Enumerable.Range(0, Writers).Select(_ => KeepWritingAsync(enough.Token)).ToArray();
            try
            {
                await WriteAsync(token);
                var leader = await LeaderAsync(token);
                await leader.Node.HandOverAsync(_actors.First(actor => actor != leader).Node.Status.Self.Id, token);
                await WriteAsync(token);
                leader = await LeaderAsync(token);
                await leader.Node.ResignAsync(token);
                await WriteAsync(token);
                leader = await LeaderAsync(token);
                await AsideAsync(leader.LeaveAsync);
                await WriteAsync(token);
            }
            finally
            {
                await enough.CancelAsync();
                await Task.WhenAll(writers);
            }
        }
        catch (OperationCanceledException) when (_failure is not null)
        {
            throw new InvalidOperationException(_failure);
        }
        finally
        {
            foreach (var actor in _actors.Where(actor => actor is not null))
            {
                await AsideAsync(actor.EndAsync);
            }

            await AsideAsync(() =>
            {
                Clear(_folder);
                return Task.CompletedTask;
            });
        }
    }

    /// <summary>Opening and closing a store holds its thread: not one of the pool's, of which there are few and which serve the real node.</summary>
    private static Task AsideAsync(Func<Task> act) =>
        Task.Factory.StartNew(act, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    private static Task<T> AsideAsync<T>(Func<Task<T>> act) =>
        Task.Factory.StartNew(act, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    /// <summary>Writes, as clients do meanwhile: what waits for them is rehearsed as well.</summary>
    private async Task KeepWritingAsync(CancellationToken token)
    {
        try
        {
            while (true)
            {
                await WriteAsync(token);
                await Task.Delay(_pace, _time, token);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // It has been shown.
        }
    }

    private async Task<Actor> LeaderAsync(CancellationToken token)
    {
        while (true)
        {
            var leader = await _actors.First(actor => !actor.IsGone).Node.WaitForLeaderAsync(token);
            if (_actors.FirstOrDefault(actor => actor.Node.Status.Self.Id == leader.Id) is { IsGone: false } found
                && found.Node.LedTerm > 0)
            {
                return found;
            }

            await Task.Delay(5, token);
        }
    }

    private async Task WriteAsync(CancellationToken token)
    {
        var transaction = EntryCodec.EncodeTransaction(new Command.Put("kv", "line"u8.ToArray(), default, null, Precondition.None));
        while (true)
        {
            token.ThrowIfCancellationRequested();
            var leader = await LeaderAsync(token);
            if (await leader.Node.ProposeAsync(transaction, Durability.Quorum, token) is Proposal.Done)
            {
                return;
            }
        }
    }

    private IPEndPoint Where(Member member) => Array.Find(_actors, actor => actor?.Node.Status.Self.Id == member.Id)?.At ?? member.Peer;

    private void Fail(int code, string message)
    {
        _failure ??= message;
        _over.Cancel();
    }

    private sealed class Actor
    {
        private readonly NodeStorage _storage;
        private readonly PeerListener _listener;

        private Actor(NodeStorage storage, ConsensusNode node, PeerListener listener) => (_storage, Node, _listener) = (storage, node, listener);

        public ConsensusNode Node { get; }

        public bool IsGone { get; private set; }

        public IPEndPoint At => _listener.At;

        public static async Task<Actor> EnterAsync(
            string folder,
            ImmutableArray<Member> members,
            int at,
            Func<Member, IPEndPoint> where,
            Action<int, string> fail,
            ILoggerFactory logging,
            TimeProvider time)
        {
            var data = Path.Combine(folder, members[at].Id);
            Directory.CreateDirectory(data);
            var storage = await NodeStorage.OpenAsync(data, members, segmentBytes: 1 << 20, stop: fail);
            var options = new ConsensusOptions
            {
                Self = members[at],
                Members = members,
                ClusterId = 1,
                Route = where,
                ElectionTimeout = TimeSpan.FromMilliseconds(400),
                HeartbeatInterval = TimeSpan.FromMilliseconds(80),
            };
            var node = ConsensusNode.Open(options, storage, logging, time, fail);
            return new Actor(storage, node, await PeerListener.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), node.ServePeerAsync, logging));
        }

        /// <summary>Goes without a word, as the others see it.</summary>
        public async Task LeaveAsync()
        {
            if (!IsGone)
            {
                IsGone = true;
                await _listener.DisposeAsync();
                await Node.DisposeAsync();
            }
        }

        public async Task EndAsync()
        {
            await LeaveAsync();
            await _storage.DisposeAsync();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6, LogLevel.Debug, "rehearsed an election, a hand-over and the loss of a leader in {Milliseconds} ms")]
        public static partial void Played(ILogger logger, long milliseconds);

        [LoggerMessage(7, LogLevel.Warning, "the rehearsal of an election failed, so that the first real one is slower: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}

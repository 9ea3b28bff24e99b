using System.Net;
using System.Net.Sockets;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>
/// The ways between the nodes of a cluster, each of which can be cut in one direction alone: connections stay, and what is
/// said over them does not arrive. What was said meanwhile arrives when the way is mended, late. A way is made when it is
/// first gone.
/// </summary>
internal sealed class OneWayNetwork : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string From, string To), Gate> _gates = [];
    private readonly Dictionary<(string From, Member To), TcpListener> _ways = [];
    private readonly HashSet<string> _mute = [];
    private readonly HashSet<string> _deaf = [];
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _accepting = [];

    /// <summary>Starts every node of a cluster, all of which reach each other by a new network.</summary>
    public static async Task<OneWayNetwork> StartAsync(TestCluster cluster)
    {
        var network = new OneWayNetwork();
        foreach (var member in cluster.Members)
        {
            await cluster.StartAsync(member.Id, with: network.Route(member.Id));
        }

        return network;
    }

    /// <summary>Lets a node reach the others by this network.</summary>
    public Func<ConsensusOptions, ConsensusOptions> Route(string id) =>
        options => options with { Route = member => Way(id, member) };

    /// <summary>From now on nothing that one node says reaches the others.</summary>
    public void Mute(string id) => Set(() => _mute.Add(id));

    /// <summary>From now on nothing that the others say reaches one node.</summary>
    public void Deafen(string id) => Set(() => _deaf.Add(id));

    /// <summary>From now on nothing passes between one node and the others.</summary>
    public void Cut(string id)
    {
        Mute(id);
        Deafen(id);
    }

    /// <summary>All ways are open again.</summary>
    public void Mend() => Set(() =>
    {
        _mute.Clear();
        _deaf.Clear();
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Task[] accepting;
        lock (_gate)
        {
            foreach (var way in _ways.Values)
            {
                way.Dispose();
            }

            accepting = [.. _accepting];
        }

        await Task.WhenAll(accepting);
        _end.Dispose();
    }

    private void Set(Action change)
    {
        lock (_gate)
        {
            change();
            foreach (var ((from, to), gate) in _gates)
            {
                gate.Set(IsOpen(from, to));
            }
        }
    }

    private bool IsOpen(string from, string to) => !_mute.Contains(from) && !_deaf.Contains(to);

    private IPEndPoint Way(string from, Member to)
    {
        lock (_gate)
        {
            if (!_ways.TryGetValue((from, to), out var way))
            {
                way = new TcpListener(IPAddress.Loopback, 0);
                way.Start();
                _ways[(from, to)] = way;
                _accepting.Add(AcceptAsync(way, GateOf(from, to.Id), GateOf(to.Id, from), to.Peer));
            }

            return (IPEndPoint)way.LocalEndpoint;
        }
    }

    private Gate GateOf(string from, string to)
    {
        if (!_gates.TryGetValue((from, to), out var gate))
        {
            _gates[(from, to)] = gate = new Gate();
            gate.Set(IsOpen(from, to));
        }

        return gate;
    }

    private async Task AcceptAsync(TcpListener way, Gate there, Gate back, IPEndPoint to)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await way.AcceptTcpClientAsync(_end.Token), there, back, to));
            }
        }
        catch (Exception over) when (_end.IsCancellationRequested && over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The listener is let go while a cancelled accept is on its way out: which of them is seen is the system's choice.
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient caller, Gate there, Gate back, IPEndPoint to)
    {
        using (caller)
        using (var node = new TcpClient { NoDelay = true })
        {
            try
            {
                await node.ConnectAsync(to, _end.Token);
                using var over = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
                await Task.WhenAny(PassAsync(caller, node, there, over.Token), PassAsync(node, caller, back, over.Token));
                await over.CancelAsync();
            }
            catch (Exception broken) when (broken is SocketException or OperationCanceledException)
            {
                // The node does not listen, or the test is over.
            }
        }
    }

    private static async Task PassAsync(TcpClient from, TcpClient to, Gate gate, CancellationToken over)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await from.Client.ReceiveAsync(buffer, over) is > 0 and var count)
            {
                await gate.PassAsync(over);
                for (var sent = 0; sent < count;)
                {
                    sent += await to.Client.SendAsync(buffer.AsMemory(sent, count - sent), over);
                }
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One end closed it: so does this one.
        }
    }

    /// <summary>Open at first.</summary>
    private sealed class Gate
    {
        private TaskCompletionSource _opens = Opened();

        public void Set(bool open)
        {
            if (open)
            {
                Volatile.Read(ref _opens).TrySetResult();
            }
            else if (Volatile.Read(ref _opens).Task.IsCompleted)
            {
                Volatile.Write(ref _opens, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }
        }

        public Task PassAsync(CancellationToken over) => Volatile.Read(ref _opens).Task.WaitAsync(over);

        private static TaskCompletionSource Opened()
        {
            var opened = new TaskCompletionSource();
            opened.SetResult();
            return opened;
        }
    }
}

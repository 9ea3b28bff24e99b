using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Tests.Node.Consensus.Elections;

/// <summary>
/// The ways between the nodes of a cluster, each of which can be cut in one direction alone: connections stay, and what is
/// said over them does not arrive. What was said meanwhile arrives when the way is mended, late.
/// </summary>
internal sealed class OneWayNetwork : IAsyncDisposable
{
    private readonly Dictionary<(string From, string To), Gate> _gates = [];
    private readonly Dictionary<(string From, string To), TcpListener> _ways = [];
    private readonly CancellationTokenSource _end = new();
    private readonly ImmutableArray<Member> _members;
    private readonly List<Task> _accepting = [];

    public OneWayNetwork(ImmutableArray<Member> members)
    {
        _members = members;
        foreach (var from in members)
        {
            foreach (var to in members.Where(to => to != from))
            {
                _gates[(from.Id, to.Id)] = new Gate();
            }
        }

        foreach (var (from, to) in _gates.Keys)
        {
            var way = new TcpListener(IPAddress.Loopback, 0);
            way.Start();
            _ways[(from, to)] = way;
            _accepting.Add(AcceptAsync(way, from, members.Single(member => member.Id == to)));
        }
    }

    /// <summary>The members as one of them reaches them.</summary>
    public ImmutableArray<Member> SeenBy(string id) =>
        [.. _members.Select(member => member.Id == id ? member : member with { Peer = (IPEndPoint)_ways[(id, member.Id)].LocalEndpoint })];

    /// <summary>From now on nothing that one node says reaches the others.</summary>
    public void Mute(string id) => Set(gate => gate.From == id, open: false);

    /// <summary>From now on nothing that the others say reaches one node.</summary>
    public void Deafen(string id) => Set(gate => gate.To == id, open: false);

    /// <summary>All ways are open again.</summary>
    public void Mend() => Set(_ => true, open: true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (var way in _ways.Values)
        {
            way.Dispose();
        }

        await Task.WhenAll(_accepting);
        _end.Dispose();
    }

    private void Set(Func<(string From, string To), bool> which, bool open)
    {
        foreach (var (way, gate) in _gates.Where(gate => which(gate.Key)))
        {
            _ = way;
            gate.Set(open);
        }
    }

    private async Task AcceptAsync(TcpListener way, string from, Member to)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await way.AcceptTcpClientAsync(_end.Token), from, to));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient caller, string from, Member to)
    {
        using (caller)
        using (var node = new TcpClient { NoDelay = true })
        {
            try
            {
                await node.ConnectAsync(to.Peer, _end.Token);
                using var over = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
                await Task.WhenAny(
                    PassAsync(caller, node, _gates[(from, to.Id)], over.Token),
                    PassAsync(node, caller, _gates[(to.Id, from)], over.Token));
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
            else
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

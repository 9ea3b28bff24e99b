using System.Net;
using System.Net.Sockets;
using RaftCluster.Chaos.Network;

namespace RaftCluster.Tests.Chaos.Network;

public sealed class DoorTests : IDisposable
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(20);

    private readonly TcpListener _node = new(IPAddress.Loopback, 0);
    private readonly Direction _there = new();
    private readonly Direction _back = new();
    private readonly Door _door;

    public DoorTests()
    {
        _node.Start();
        _door = new Door(((IPEndPoint)_node.LocalEndpoint).Port, _there, _back);
        _door.Open();
    }

    public void Dispose()
    {
        _door.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task What_is_said_arrives_in_order_in_both_directions()
    {
        var (caller, called) = await ConnectAsync();

        await SayAsync(caller, "one ", "two ", "three");
        Assert.Equal("one two three", await HearAsync(called, 13));
        await SayAsync(called, "four");
        Assert.Equal("four", await HearAsync(caller, 4));
    }

    [Fact]
    public async Task Over_a_cut_way_nothing_arrives_until_it_is_mended_and_then_all_of_it()
    {
        var (caller, called) = await ConnectAsync();
        _there.Add(new Weather(Cut: true));

        await SayAsync(caller, "late");
        await SayAsync(called, "other way");
        Assert.Equal("other way", await HearAsync(caller, 9));
        await EventuallyAsync(() => _there.Affected > 0);
        Assert.Equal(0, called.Available);

        _there.Remove(new Weather(Cut: true));
        Assert.Equal("late", await HearAsync(called, 4));
    }

    [Fact]
    public async Task What_is_held_arrives_after_what_is_said_on_a_newer_connection_though_its_caller_is_gone()
    {
        var (old, oldCalled) = await ConnectAsync();
        var held = Assert.Single(_door.Hold());
        await SayAsync(old, "late");
        old.Dispose();
        var (caller, called) = await ConnectAsync();
        await SayAsync(caller, "newer");
        Assert.Equal("newer", await HearAsync(called, 5));
        Assert.Equal(0, oldCalled.Available);
        Assert.Equal(0, held.LateBytes);

        held.LetGo();
        Assert.Equal("late", await HearAsync(oldCalled, 4));
        Assert.Equal(4, held.LateBytes);
    }

    [Fact]
    public async Task Two_cuts_are_mended_by_two()
    {
        var (caller, called) = await ConnectAsync();
        _there.Add(new Weather(Cut: true));
        _there.Add(new Weather(Cut: true));
        await SayAsync(caller, "late");
        _there.Remove(new Weather(Cut: true));
        await EventuallyAsync(() => _there.Affected > 0);
        Assert.Equal(0, called.Available);

        _there.Remove(new Weather(Cut: true));
        Assert.Equal("late", await HearAsync(called, 4));
    }

    [Fact]
    public async Task Slow_weather_delays_and_counts()
    {
        var (caller, called) = await ConnectAsync();
        _there.Add(new Weather(Delay: 100));
        var begun = System.Diagnostics.Stopwatch.GetTimestamp();

        await SayAsync(caller, "slow");
        Assert.Equal("slow", await HearAsync(called, 4));

        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(begun) >= TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, _there.Affected);
    }

    [Fact]
    public async Task An_end_is_passed_on()
    {
        var (caller, called) = await ConnectAsync();
        await SayAsync(caller, "bye");
        caller.Shutdown(SocketShutdown.Send);

        Assert.Equal("bye", await HearAsync(called, 3));
        Assert.True(await IsOverAsync(called));
    }

    [Fact]
    public async Task A_reset_breaks_both_sides()
    {
        var (caller, called) = await ConnectAsync();

        Assert.Equal(1, _door.Reset());

        Assert.True(await IsOverAsync(caller));
        Assert.True(await IsOverAsync(called));
    }

    [Fact]
    public async Task A_closed_door_refuses_and_an_open_one_has_the_same_port_again()
    {
        _door.Close();
        using var refused = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var error = await Assert.ThrowsAsync<SocketException>(() => refused.ConnectAsync(IPAddress.Loopback, _door.Port, TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);

        _door.Open();
        var (caller, called) = await ConnectAsync();
        await SayAsync(caller, "again");
        Assert.Equal("again", await HearAsync(called, 5));
    }

    [Fact]
    public void Weather_adds_up() => Assert.Equal(
        new Weather(Cut: true, Delay: 15, Jitter: 3, Loss: 20, BytesASecond: 100),
        new Weather(Cut: true, Delay: 10, BytesASecond: 100) + new Weather(Delay: 5, Jitter: 3, Loss: 20, BytesASecond: 400));

    private async Task<(Socket Caller, Socket Called)> ConnectAsync()
    {
        var caller = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await caller.ConnectAsync(IPAddress.Loopback, _door.Port, TestContext.Current.CancellationToken);
        return (caller, await _node.AcceptSocketAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(_bound, TestContext.Current.CancellationToken));
    }

    private static async Task SayAsync(Socket socket, params string[] words)
    {
        foreach (var word in words)
        {
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(word), TestContext.Current.CancellationToken);
        }
    }

    private static async Task<string> HearAsync(Socket socket, int bytes)
    {
        var (buffer, read) = (new byte[bytes], 0);
        using var patience = new CancellationTokenSource(_bound);
        while (read < bytes)
        {
            read += await socket.ReceiveAsync(buffer.AsMemory(read), patience.Token) is var more and > 0 ? more : throw new EndOfStreamException();
        }

        return System.Text.Encoding.ASCII.GetString(buffer);
    }

    private static async Task<bool> IsOverAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(_bound);
        try
        {
            return await socket.ReceiveAsync(new byte[1], patience.Token) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task EventuallyAsync(Func<bool> question) => Assert.True(
        await RaftCluster.Chaos.Cluster.Until.IsAsync(_bound, () => Task.FromResult(question())));
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace RaftCluster.Chaos.Network;

/// <summary>One connection through the harness: what each side says reaches the other as the weather lets it, and in order.</summary>
/// <param name="caller">The side that opened it.</param>
/// <param name="port">Where the other side listens, on loopback.</param>
/// <param name="there">The way from the caller.</param>
/// <param name="back">The way to the caller.</param>
internal sealed class Passage(Socket caller, int port, Direction there, Direction back) : IDisposable
{
    private const int ChunkBytes = 64 << 10;
    private const int MostChunks = 32;

    /// <summary>What arrives late is read before its receiver learns that its sender is gone: with the end, it might be thrown away.</summary>
    private static readonly TimeSpan _toBeRead = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private Socket? _called;
    private TaskCompletionSource? _held;
    private bool _isLate;
    private long _heldBytes;
    private long _lateBytes;

    /// <summary>How many bytes arrived after they had been held.</summary>
    public long LateBytes => Interlocked.Read(ref _lateBytes);

    /// <summary>How many bytes its caller said while they were held, whether they arrived or their receiver had closed before.</summary>
    public long HeldBytes => Interlocked.Read(ref _heldBytes);

    /// <summary>Keeps back what its caller says from now on, whatever becomes of the caller.</summary>
    /// <returns>Whether it was not kept back already.</returns>
    public bool Hold()
    {
        lock (_lock)
        {
            if (_isLate)
            {
                return false;
            }

            (_isLate, _held) = (true, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return true;
        }
    }

    /// <summary>Lets what was kept back arrive.</summary>
    public void LetGo()
    {
        lock (_lock)
        {
            _held?.TrySetResult();
        }
    }

    /// <summary>Carries until either side closes.</summary>
    public async Task CarryAsync()
    {
        var called = _called = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        caller.NoDelay = true;
        try
        {
            // Nothing is opened over a way that is cut, in whichever direction.
            await there.OpenAsync(_end.Token);
            await back.OpenAsync(_end.Token);
            await called.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), _end.Token);
            await Task.WhenAll(CarryAsync(caller, called, there, back), CarryAsync(called, caller, back, there));
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side is not there, or the passage was reset.
        }
        finally
        {
            Reset();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Reset();

    /// <summary>Breaks it: both sides get a reset.</summary>
    public void Reset()
    {
        _end.Cancel();
        Abort(caller);
        Abort(_called);
    }

    private async Task CarryAsync(Socket from, Socket to, Direction way, Direction otherWay)
    {
        var chunks = Channel.CreateBounded<(byte[] Bytes, long Due)>(MostChunks);
        var taking = TakeAsync(from, way, chunks.Writer);
        try
        {
            await GiveAsync(to, way, chunks.Reader);
        }
        catch (SocketException)
        {
            // The receiver is gone; that the sender learns on the way back.
            await otherWay.OpenAsync(_end.Token);
        }
        finally
        {
            // The end of what one side had to say has arrived: the passage is over.
            await _end.CancelAsync();
            await taking;
        }
    }

    private async Task TakeAsync(Socket from, Direction way, ChannelWriter<(byte[] Bytes, long Due)> chunks)
    {
        var (buffer, chance) = (new byte[ChunkBytes], new Random());
        try
        {
            while (await from.ReceiveAsync(buffer, _end.Token) is var read and > 0)
            {
                Interlocked.Add(ref _heldBytes, way == there && Held() is { IsCompleted: false } ? read : 0);
                var due = Stopwatch.GetTimestamp() + (way.Travel(read, chance) * Stopwatch.Frequency / 1_000);
                await chunks.WriteAsync((buffer[..read], due), _end.Token);
            }
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It was reset: the end all the same.
        }
        finally
        {
            chunks.Complete();
        }
    }

    private async Task GiveAsync(Socket to, Direction way, ChannelReader<(byte[] Bytes, long Due)> chunks)
    {
        await foreach (var (bytes, due) in chunks.ReadAllAsync(_end.Token))
        {
            // Again, as a timer may ring a few milliseconds early.
            while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } left)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), _end.Token);
            }

            await way.OpenAsync(_end.Token);
            if (way == there && Held() is { } held)
            {
                await held.WaitAsync(_end.Token);
                Interlocked.Add(ref _lateBytes, bytes.Length);
            }

            for (var rest = bytes.AsMemory(); !rest.IsEmpty;)
            {
                rest = rest[await to.SendAsync(rest, _end.Token)..];
            }
        }

        await way.OpenAsync(_end.Token);
        if (way == there && Held() is { } last)
        {
            await last.WaitAsync(_end.Token);
            await Task.Delay(_toBeRead, _end.Token);
        }
    }

    private Task? Held()
    {
        lock (_lock)
        {
            return _held?.Task;
        }
    }

    private static void Abort(Socket? socket)
    {
        if (socket is not null)
        {
            socket.Close(0);
        }
    }
}

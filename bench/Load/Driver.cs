using System.Diagnostics;
using System.Net.Sockets;

namespace RaftCluster.Bench.Load;

/// <summary>One thread's share of a round: keeps every slot of its connection busy until the time is over.</summary>
/// <param name="connect">Opens a connection.</param>
/// <param name="rows">How many rows there are to choose from.</param>
/// <param name="seed">Chooses the rows.</param>
internal sealed class Driver(Func<IConnection> connect, int rows, ulong seed)
{
    /// <summary>After so many broken connections in a row the server is gone, and trying on would only burn the processor.</summary>
    private const int MaximumFailuresInARow = 20;

    private const int MaximumRefusals = 20;

    private ulong _state = (seed * 0x9E3779B97F4A7C15) | 1;

    /// <summary>How long the good answers took.</summary>
    public Histogram Latency { get; } = new();

    /// <summary>Answers that were not what was asked for, and requests that got none.</summary>
    public long Errors { get; private set; }

    /// <summary>What the last error was, for the report; null when there was none.</summary>
    public string? LastError { get; private set; }

    /// <summary>Sends and receives until <paramref name="until"/>.</summary>
    /// <param name="until">A <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="stop">Ends it earlier.</param>
    public void Run(long until, CancellationToken stop)
    {
        var failures = 0;
        while (Stopwatch.GetTimestamp() < until && !stop.IsCancellationRequested && failures < MaximumFailuresInARow)
        {
            try
            {
                using var connection = connect();
                Drive(connection, until, ref failures, stop);
            }
            catch (Exception broken) when (broken is IOException or SocketException)
            {
                failures++;
                Errors++;
                LastError = broken.Message;
            }
        }
    }

    /// <summary>Touches each row of a range once, in order.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="last">The first row that isn't touched.</param>
    /// <param name="step">How many rows a request touches.</param>
    /// <exception cref="IOException">An answer was not what was asked for.</exception>
    public void Sweep(int first, int last, int step)
    {
        using var connection = connect();
        var rowsUnderWay = new int[connection.Slots];
        var next = first;
        var underWay = 0;
        var refusals = 0;
        void Send(int slot, int row)
        {
            rowsUnderWay[slot] = row;
            connection.Send(slot, row);
        }

        for (; underWay < connection.Slots && next < last; underWay++, next += step)
        {
            Send(underWay, next);
        }

        while (underWay > 0)
        {
            var answer = connection.Receive();
            if (!answer.Good)
            {
                // A server that can't keep up refuses, or does not know: the row is touched again, and not for ever.
                if (++refusals > MaximumRefusals)
                {
                    throw new IOException($"a row could not be written beforehand: {What(answer)}");
                }

                Send(answer.Slot, rowsUnderWay[answer.Slot]);
                continue;
            }

            underWay--;
            if (next < last)
            {
                Send(answer.Slot, next);
                next += step;
                underWay++;
            }
        }
    }

    private static string What(Answer answer) => answer.Status == 0
        ? "an answer was not what was asked for"
        : $"an answer was not what was asked for: status {answer.Status}";

    private void Drive(IConnection connection, long until, ref int failures, CancellationToken stop)
    {
        var begun = new long[connection.Slots];
        for (var slot = 0; slot < begun.Length; slot++)
        {
            begun[slot] = Stopwatch.GetTimestamp();
            connection.Send(slot, NextRow());
        }

        while (true)
        {
            var answer = connection.Receive();
            var now = Stopwatch.GetTimestamp();
            if (now >= until || stop.IsCancellationRequested)
            {
                return;
            }

            if (answer.Good)
            {
                failures = 0;
                Latency.Record((long)Stopwatch.GetElapsedTime(begun[answer.Slot], now).TotalNanoseconds);
            }
            else
            {
                Errors++;
                LastError = What(answer);
            }

            begun[answer.Slot] = now;
            connection.Send(answer.Slot, NextRow());
        }
    }

    private int NextRow()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return (int)(_state % (ulong)rows);
    }
}

using System.Net.Sockets;
using System.Text;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>What systemd is to a service that it starts: a socket to which the service says how far it is.</summary>
internal sealed class ServiceManager : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly string _path;
    private readonly byte[] _buffer = new byte[4096];

    public ServiceManager(string folder)
    {
        _path = Path.Combine(folder, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(_path));
    }

    /// <summary>What a service is started with.</summary>
    /// <param name="watchdog">The time without a sign of life after which it would be ended; null for no such time.</param>
    public Dictionary<string, string> Environment(TimeSpan? watchdog = null)
    {
        var variables = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = _path };
        if (watchdog is { } patience)
        {
            variables["WATCHDOG_USEC"] = ((long)patience.TotalMicroseconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return variables;
    }

    /// <summary>Everything that was said, in order: a line an assignment.</summary>
    public List<string> Heard { get; } = [];

    /// <summary>Waits until something is said that begins so.</summary>
    /// <returns>The whole line.</returns>
    public async Task<string> HearsAsync(string start)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(Bound);
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(_buffer, bound.Token);
                string[] lines = Encoding.UTF8.GetString(_buffer, 0, length).Split('\n');
                Heard.AddRange(lines);
                if (Array.Find(lines, line => line.StartsWith(start, StringComparison.Ordinal)) is { } line)
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"nothing began with {start} within {Bound.TotalSeconds} s, but: {string.Join("; ", Heard)}");
            throw;
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        File.Delete(_path);
    }
}

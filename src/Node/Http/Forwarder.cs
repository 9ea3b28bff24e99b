using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Primitives;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Tracing;

namespace RaftCluster.Node.Http;

/// <summary>What became of a request that was sent to the leader.</summary>
internal enum Forwarded
{
    /// <summary>The leader answered, and its answer went on to the client.</summary>
    Answered,

    /// <summary>Certainly nothing was done: it could not be sent, or was refused by a node that does not lead.</summary>
    NothingDone,

    /// <summary>It was sent and no answer came.</summary>
    Unknown,
}

/// <summary>Sends requests on to the leader over pooled HTTP/2 connections, and hands its answers back.</summary>
internal sealed class Forwarder : IDisposable
{
    /// <summary>Answers up to this length are complete before the client sees any of them.</summary>
    private const int HeldWhole = 64 << 10;

    private static readonly UriCreationOptions _verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly HttpMessageInvoker _http;
    private readonly string _node;

    private static readonly TimeSpan _between = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _end = new();

    /// <param name="node">This node.</param>
    /// <param name="others">The other nodes, each of which may lead one day.</param>
    public Forwarder(string node, IEnumerable<Member> others)
    {
        _node = node;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            EnableMultipleHttp2Connections = true,
            // A leader that was cut off leaves connections that look alive.
            KeepAlivePingDelay = TimeSpan.FromSeconds(5),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        });
        foreach (var other in others)
        {
            _ = KeepConnectedAsync(other, _end.Token);
        }
    }

    /// <summary>Sends a request to the leader and relays its answer.</summary>
    public ValueTask<Forwarded> SendAsync(Call call, Member leader, ReadOnlyMemory<byte> body, Patience patience) =>
        NodeTrace.IsOn ? ForwardSpan.TellAsync(this, call, leader, body, patience) : RelayAsync(call, leader, body, patience);

    internal async ValueTask<Forwarded> RelayAsync(Call call, Member leader, ReadOnlyMemory<byte> body, Patience patience)
    {
        using var content = call.IsWrite ? new ForwardedBody(body) : null;
        using var request = new HttpRequestMessage(
            new HttpMethod(call.Method), new Uri(Addresses.Show(leader.Url) + call.RawTarget, _verbatim))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        CopyHeaders(call, request, patience.Left);
        NodeTrace.Propagate(request, call.Request.Headers);
        HttpResponseMessage answer;
        byte[]? whole = null;
        // A write goes its way whether its client stays or not; who waits for something waits for its client's sake.
        using var left = call.IsRepeatable
            ? CancellationTokenSource.CreateLinkedTokenSource(patience.Token, call.Aborted)
            : null;
        var limit = left?.Token ?? patience.Token;
        try
        {
            answer = await _http.SendAsync(request, limit);
            if (answer.Headers.Contains(HeaderNames.ForwardRefused))
            {
                answer.Dispose();
                return Forwarded.NothingDone;
            }

            if (answer.Content.Headers.ContentLength is { } length && length <= HeldWhole)
            {
                whole = await answer.Content.ReadAsByteArrayAsync(limit);
            }
        }
        // A connection that breaks while it is made comes bare, as what the socket says.
        catch (Exception failed) when (failed is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            return content is { Begun: false } ? Forwarded.NothingDone : Forwarded.Unknown;
        }

        using (answer)
        {
            CopyAnswer(call, answer);
            call.ForwardedTo = leader.Id;
            call.RelayedRefusal = answer.IsSuccessStatusCode ? default : whole;
            if (whole is not null)
            {
                call.Response.ContentLength = call.IsHead ? answer.Content.Headers.ContentLength : whole.Length;
                await call.Response.BodyWriter.WriteAsync(call.IsHead ? default : whole);
            }
            else
            {
                await StreamAsync(call, answer);
            }
        }

        return Forwarded.Answered;
    }

    /// <summary>Asks another node something small that each answers by itself.</summary>
    /// <returns>The body of its answer.</returns>
    /// <exception cref="HttpRequestException">It could not be asked, answered with a refusal, or too much.</exception>
    public async ValueTask<byte[]> AskAsync(Member other, string target, CancellationToken limit)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Addresses.Show(other.Url) + target, _verbatim))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        NodeTrace.Propagate(request, received: null);
        using var answer = await _http.SendAsync(request, limit);
        answer.EnsureSuccessStatusCode();
        await answer.Content.LoadIntoBufferAsync(HeldWhole, limit);
        return await answer.Content.ReadAsByteArrayAsync(limit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _http.Dispose();
        _end.Dispose();
    }

    /// <summary>Keeps a connection to a node that may lead one day: the first write after an election needn't wait for it.</summary>
    private async Task KeepConnectedAsync(Member other, CancellationToken end)
    {
        try
        {
            while (true)
            {
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(other.Url, "/livez"))
                    {
                        Version = HttpVersion.Version20,
                        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    };
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(end);
                    limit.CancelAfter(_between);
                    using var answer = await _http.SendAsync(request, limit.Token);
                }
                catch (Exception away) when (away is HttpRequestException or SocketException or IOException or ObjectDisposedException
                    || (away is OperationCanceledException && !end.IsCancellationRequested))
                {
                    // It is down, or hangs: tried again below.
                }

                await Task.Delay(_between, end);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // This node stops.
        }
    }

    private void CopyHeaders(Call call, HttpRequestMessage request, TimeSpan left)
    {
        foreach (var (name, values) in call.Request.Headers)
        {
            if (RequestTermNames.Headers.TryGetValue(name, out var term)
                && term is not (RequestTerm.Wait or RequestTerm.ForwardedBy or RequestTerm.OfAnswers))
            {
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        if (call.Request.Headers.Accept is { Count: > 0 } accept)
        {
            request.Headers.TryAddWithoutValidation("Accept", (IEnumerable<string?>)accept);
        }

        if (call.Request.ContentType is { } contentType)
        {
            request.Content?.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        // The leader must give up first: its answer says what became of the write, ours could only say unknown.
        var forLeader = left - TimeSpan.FromTicks(Math.Min(left.Ticks / 5, TimeSpan.TicksPerSecond / 4));
        request.Headers.TryAddWithoutValidation(HeaderNames.Wait, Duration.Format(forLeader));
        request.Headers.TryAddWithoutValidation(HeaderNames.ForwardedBy, _node);
    }

    private static void CopyAnswer(Call call, HttpResponseMessage answer)
    {
        call.Response.StatusCode = (int)answer.StatusCode;
        var headers = call.Response.Headers;
        foreach (var (name, values) in answer.Headers.NonValidated)
        {
            if (!IsOfConnection(name))
            {
                headers[name] = values.Count == 1 ? values.ToString() : new StringValues([.. values]);
            }
        }

        foreach (var (name, values) in answer.Content.Headers.NonValidated)
        {
            headers[name] = values.Count == 1 ? values.ToString() : new StringValues([.. values]);
        }

        call.Api.Headers.SetRelayed(headers);
    }

    private static bool IsOfConnection(string name) =>
        name.Equals("Date", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);

    private static async ValueTask StreamAsync(Call call, HttpResponseMessage answer)
    {
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(call.Aborted);
            await stream.CopyToAsync(call.Response.Body, call.Aborted);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
        {
            // Part of the answer is out: ending the connection early is the only way to say that it is not all.
            call.Abort();
        }
    }
}

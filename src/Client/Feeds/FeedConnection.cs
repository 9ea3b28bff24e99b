using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace RaftCluster.Client;

/// <summary>One node's feed, line by line.</summary>
internal sealed class FeedConnection : IDisposable
{
    /// <summary>A node says something every 10 s: one that is silent for so long is not there.</summary>
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(30);

    private readonly HttpResponseMessage _response;
    private readonly Stream _body;
    private readonly CancellationTokenSource _end;
    private byte[] _buffer = new byte[16 << 10];
    private int _begin;
    private int _searched;
    private int _length;

    private FeedConnection(HttpResponseMessage response, Stream body, CancellationTokenSource end) =>
        (_response, _body, _end) = (response, body, end);

    /// <summary>The token of the history that it is of; null when the node did not say.</summary>
    internal string? Session => _response.Headers.TryGetValues("Raft-Session", out var values) ? values.First() : null;

    /// <summary>Asks a node for the feed.</summary>
    /// <param name="http">Carries the request.</param>
    /// <param name="options">How.</param>
    /// <param name="endpoint">The node.</param>
    /// <param name="target">What is asked for.</param>
    /// <param name="session">A token of the history that is being followed: a node of another one refuses it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The feed; or what came of the attempt.</returns>
    internal static async Task<(FeedConnection? Feed, Attempt? Failed)> OpenAsync(
        HttpMessageInvoker http, RaftClusterOptions options, Uri endpoint, string target, string? session, CancellationToken cancellation)
    {
        var end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.Time);
        var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellation);
        HttpResponseMessage? response = null;
        try
        {
            end.CancelAfter(_silence);
            using var request = Requests.Message(options, HttpMethod.Get, endpoint, target);
            request.Headers.TryAddWithoutValidation("Accept", "application/x-ndjson");
            if (session is not null)
            {
                request.Headers.TryAddWithoutValidation("Raft-Session", session);
            }

            response = await http.SendAsync(request, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return (null, await AnswerReader.ReadAsync(response, options.Time, either.Token));
            }

            var feed = new FeedConnection(response, await response.Content.ReadAsStreamAsync(either.Token), end);
            (response, end) = (null, null!);
            return (feed, null);
        }
        catch (Exception failed) when (failed is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return (null, Lost(failed, "no answer in time", ""));
        }
        finally
        {
            response?.Dispose();
            either.Dispose();
            end?.Dispose();
        }
    }

    /// <summary>The next line; or what ended the feed.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal async ValueTask<(FeedLine? Line, Attempt? Failed)> NextAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                if (TakeLine() is { } line)
                {
                    return (FeedLine.Parse(line), null);
                }

                MakeRoom();
                _end.CancelAfter(_silence);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, cancellation);
                var count = await _body.ReadAsync(_buffer.AsMemory(_length), either.Token);
                if (count == 0)
                {
                    return (null, new Attempt.Lost("the feed ended", new EndOfStreamException()));
                }

                _length += count;
            }
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
            return (null, Lost(failed, "the feed fell silent", "the feed broke: "));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _response.Dispose();
        _end.Dispose();
    }

    private static Attempt.Lost Lost(Exception failed, string late, string broken) =>
        new(failed is OperationCanceledException ? late : broken + failed.GetBaseException().Message, failed);

    private byte[]? TakeLine()
    {
        var end = _buffer.AsSpan(_searched, _length - _searched).IndexOf((byte)'\n');
        if (end < 0)
        {
            _searched = _length;
            return null;
        }

        var line = _buffer[_begin..(_searched + end)];
        _begin = _searched = _searched + end + 1;
        return line;
    }

    private void MakeRoom()
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin, _length - _begin).CopyTo(_buffer);
            (_length, _searched, _begin) = (_length - _begin, _searched - _begin, 0);
        }

        if (_length == _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, 2L * _buffer.Length));
        }
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace RaftCluster.Client;

/// <content>Backups.</content>
public sealed partial class RaftClusterClient
{
    private const int BackupChunk = 128 << 10;

    /// <summary>A node whose backup does not go on for so long is not there.</summary>
    private static readonly TimeSpan _backupSilence = TimeSpan.FromSeconds(60);

    /// <summary>Has one node make a backup, and takes it as it comes; nothing is tried again.</summary>
    /// <param name="endpoint">The node: best a follower.</param>
    /// <param name="target">Where it goes; what is there counts only once this call has returned.</param>
    /// <param name="options">Which backup.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RaftClusterException">The node refused: with the code <c>compacted</c>, for it no longer knows what happened since.</exception>
    /// <exception cref="ClusterUnavailableException">The node could not be reached, or broke off.</exception>
    /// <exception cref="InvalidDataException">What came is no backup, or not whole.</exception>
    public async Task<BackupResult> BackUpAsync(
        Uri endpoint,
        Stream target,
        BackupOptions? options = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(target);
        options ??= new BackupOptions();
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _dispatcher.Options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellation);
        try
        {
            silence.CancelAfter(_backupSilence);
            using var request = BackupRequest(endpoint, options);
            using var response = await _http.SendAsync(request, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                var answer = await AnswerReader.ReadAsync(response, _dispatcher.Options.Time, either.Token);
                throw RetryPolicy.IsUnavailable(answer.Status)
                    ? new ClusterUnavailableException(answer.Failure, endpoint)
                    : new RaftClusterException(answer.Failure, endpoint);
            }

            using var passing = new BackupStream();
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            var chunk = new byte[BackupChunk];
            while (await ReadAsync(body, chunk, silence, either.Token) is > 0 and var count)
            {
                passing.Take(chunk.AsSpan(0, count));
                await target.WriteAsync(chunk.AsMemory(0, count), cancellation);
                if (passing.Info is { } info)
                {
                    progress?.Report(new BackupProgress(info, passing.Length));
                }
            }

            return passing.End(DigestOf(response));
        }
        catch (Exception failed) when (failed is HttpRequestException or SocketException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            var what = failed is OperationCanceledException ? "it fell silent" : failed.GetBaseException().Message;
            throw new ClusterUnavailableException($"No whole backup came from {endpoint.Authority}: {what}.", endpoint, failed);
        }
    }

    private static async ValueTask<int> ReadAsync(Stream body, byte[] chunk, CancellationTokenSource silence, CancellationToken cancellation)
    {
        silence.CancelAfter(_backupSilence);
        try
        {
            var count = await body.ReadAsync(chunk, cancellation);
            // While what came is being written, nobody waits for the node.
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
            return count;
        }
        catch (IOException broken)
        {
            // Not to be taken for a failure of the disk that it is written to.
            throw new HttpRequestException(broken.Message, broken);
        }
    }

    private HttpRequestMessage BackupRequest(Uri endpoint, BackupOptions options)
    {
        var target = options.Since is { } since
            ? string.Create(CultureInfo.InvariantCulture, $"/v1/snapshot?since={since}")
            : "/v1/snapshot";
        var request = Requests.Message(_dispatcher.Options, HttpMethod.Get, endpoint, target);
        if (options.Consistency is Consistency.Local)
        {
            request.Headers.TryAddWithoutValidation("Raft-Consistency", "local");
        }

        request.Headers.TryAddWithoutValidation("Raft-Wait", WireNames.Of(_dispatcher.Options.Patience));
        return request;
    }

    private static byte[]? DigestOf(HttpResponseMessage response)
    {
        const string begin = "sha-256=:";
        return response.TrailingHeaders.TryGetValues("Content-Digest", out var values)
            && values.First() is var text && text.StartsWith(begin, StringComparison.Ordinal) && text.EndsWith(':')
            ? Convert.FromBase64String(text[begin.Length..^1])
            : null;
    }
}

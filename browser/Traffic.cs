namespace RaftCluster.Browser;

/// <summary>Clients that write and read all the time, so that there is something to see.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _http = new();
    private readonly Task[] _clients;

    public Traffic(IReadOnlyList<StagedNode> nodes) => _clients = [.. nodes.Select(node => Task.Run(() => RunAsync(node)))];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
        _http.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync(StagedNode node)
    {
        try
        {
            for (var round = 0L; ; round++)
            {
                await AskAsync(new HttpRequestMessage(HttpMethod.Put, $"{node.Url}/v1/kv/sensors/{node.Id}/{round % 40:d2}")
                {
                    Content = new StringContent($"{{\"celsius\":{18 + (round % 9)},\"round\":{round}}}", null, "application/json"),
                });
                for (var read = 0; read < 3; read++)
                {
                    await AskAsync(new HttpRequestMessage(HttpMethod.Get, $"{node.Url}/v1/kv/sensors/{node.Id}/{round % 40:d2}"));
                }

                // Some writes in a row, and then a rest, so that the lines rise and fall.
                await Task.Delay(TimeSpan.FromMilliseconds(2 + (round / 200 % 4 * 6)), _end.Token);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Enough was seen.
        }
    }

    private async Task AskAsync(HttpRequestMessage request)
    {
        using (request)
        {
            try
            {
                using var answer = await _http.SendAsync(request, _end.Token);
            }
            catch (HttpRequestException)
            {
                // The node is away, as some tests want it; the next round sees it back.
            }
        }
    }
}

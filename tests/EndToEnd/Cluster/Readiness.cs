using RaftCluster.Node;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>What a node says of itself.</summary>
internal static class Readiness
{
    /// <summary>Waits until a node is ready.</summary>
    public static Task ReadyAsync(this NodeProcess node) => UpAsync(node, "/readyz");

    /// <summary>Waits until a node answers at all, ready or not.</summary>
    public static Task LiveAsync(this NodeProcess node) => UpAsync(node, "/livez");

    /// <summary>A node's view; null when it doesn't answer.</summary>
    public static async Task<View?> ViewAsync(this NodeProcess node)
    {
        try
        {
            var answer = await node.Client.SendAsync(HttpMethod.Get, "/v1/cluster", body: null);
            return answer.Status == 200 ? View.Of(answer.Json) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static Task UpAsync(NodeProcess node, string path)
    {
        var last = "nothing";
        return Eventually.HoldsAsync(
            $"{node.Id} answers {path} with 200",
            TestCluster.StartBound,
            async () =>
            {
                if (!node.IsUp)
                {
                    var code = await node.EndAsync();
                    throw code == ExitCode.Address
                        ? new PortTakenException()
                        : new InvalidOperationException($"{node.Id} ended with exit code {code}");
                }

                try
                {
                    var answer = await node.Client.SendAsync(HttpMethod.Get, path, body: null);
                    last = answer.ToString();
                    return answer.Status == 200;
                }
                catch (HttpRequestException early)
                {
                    last = early.Message;
                    return false;
                }
            },
            () => last);
    }
}

/// <summary>Somebody else took a port between its probe and its use.</summary>
internal sealed class PortTakenException : Exception;

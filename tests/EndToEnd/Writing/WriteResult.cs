using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Writing;

/// <summary>What a client knows of its write.</summary>
internal abstract record WriteResult
{
    /// <summary>The node said it is done.</summary>
    public sealed record Acknowledged(long Revision, long Version, string Session) : WriteResult;

    /// <summary>The node said that nothing was done, or could not even be reached.</summary>
    public sealed record Refused(string Why) : WriteResult;

    /// <summary>Nobody said anything certain.</summary>
    public sealed record Unknown(string Why) : WriteResult;

    /// <summary>An answer that no write may ever get: a hang, or an error that doesn't say what became of the write.</summary>
    public sealed record Fault(string Why) : WriteResult;

    /// <summary>Writes a new row through a node and says what came of it.</summary>
    public static async Task<WriteResult> OfAsync(
        NodeProcess node, string key, string value, params (string Name, string Value)[] headers)
    {
        try
        {
            return Of(await node.Client.PutAsync(key, value, headers));
        }
        catch (HttpRequestException unreached) when (unreached.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return new Refused("no connection");
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            return new Unknown(broken.Message);
        }
        catch (TaskCanceledException hung) when (hung.InnerException is TimeoutException)
        {
            return new Fault($"{node.Id} did not answer within {NodeClient.Hang.TotalSeconds} s");
        }
    }

    /// <summary>What an answer says of a write.</summary>
    public static WriteResult Of(Answer answer) => answer switch
    {
        { Status: 200 or 201 } => new Acknowledged(
            answer.Json.GetProperty("revision").GetInt64(), answer.Json.GetProperty("version").GetInt64(), answer.Session),
        { Outcome: "not-applied" } => new Refused(answer.ToString()),
        { Outcome: "unknown" } => new Unknown(answer.ToString()),
        _ => new Fault(answer.ToString()),
    };
}

using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RaftCluster.Client;

/// <summary>Whether the cluster serves this client.</summary>
internal sealed class RaftClusterHealthCheck(RaftClusterClient client) : IHealthCheck
{
    /// <summary>A row that need not be there: its absence is an answer like any other.</summary>
    private const string Key = "health";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            var (_, source) = await client.GetAsync(Key, new() { Consistency = Consistency.Linearizable }, cancellationToken);
            return HealthCheckResult.Healthy("A majority serves.", Data(source));
        }
        catch (RaftClusterException failed)
        {
            return await WithoutMajorityAsync(context.Registration.FailureStatus, failed, cancellationToken);
        }
    }

    private async Task<HealthCheckResult> WithoutMajorityAsync(
        HealthStatus failure, RaftClusterException failed, CancellationToken cancellation)
    {
        try
        {
            var (_, source) = await client.GetAsync(
                Key, new() { Consistency = Consistency.Local, Patience = TimeSpan.FromSeconds(1) }, cancellation);
            return HealthCheckResult.Degraded($"Only a node's own copy can be read: {failed.Message}", failed, Data(source));
        }
        catch (RaftClusterException)
        {
            return new HealthCheckResult(failure, failed.Message, failed);
        }
    }

    private static Dictionary<string, object> Data(Source source)
    {
        var data = new Dictionary<string, object>();
        Add("node", source.Node);
        Add("leader", source.Leader);
        Add("revision", source.Revision);
        Add("term", source.Term);
        return data;

        void Add(string name, object? value)
        {
            if (value is not null)
            {
                data[name] = value;
            }
        }
    }
}

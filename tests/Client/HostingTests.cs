using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RaftCluster.Client;
using RaftCluster.Tests.Cli;

namespace RaftCluster.Tests.Client;

public sealed class HostingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_is_made_once_and_others_by_their_names()
    {
        var services = new ServiceCollection();
        _ = services.AddRaftCluster(settings => settings.Endpoints.Add("http://n1:8001"));
        _ = services.AddRaftCluster("billing", settings => settings.Endpoints.Add("http://n2:8002"));
        await using var provider = services.BuildServiceProvider();

        var client = provider.GetRequiredService<RaftClusterClient>();
        var billing = provider.GetRequiredKeyedService<RaftClusterClient>("billing");

        Assert.Same(client, provider.GetRequiredService<RaftClusterClient>());
        Assert.Same(billing, provider.GetRequiredKeyedService<RaftClusterClient>("billing"));
        Assert.NotSame(client, billing);
    }

    [Fact]
    public async Task Settings_come_from_configuration()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        _ = builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Raft:Endpoints:0"] = "http://n1:8001",
            ["Raft:Endpoints:1"] = "http://n2:8002",
            ["Raft:Patience"] = "00:00:03",
            ["Raft:Consistency"] = "Session",
        });
        _ = builder.Services.AddRaftCluster().BindConfiguration("Raft");
        using var host = builder.Build();
        await host.StartAsync(Cancellation);

        var settings = host.Services.GetRequiredService<IOptionsMonitor<RaftClusterSettings>>().CurrentValue;
        Assert.Equal(["http://n1:8001", "http://n2:8002"], settings.Endpoints);
        Assert.Equal((TimeSpan.FromSeconds(3), Consistency.Session), (settings.Patience, settings.Consistency));
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Wrong_settings_stop_the_host_at_its_start_and_all_are_named()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        _ = builder.Services.AddRaftCluster("billing", settings =>
        {
            settings.Endpoints.Add("n1:8001");
            settings.Patience = TimeSpan.Zero;
            settings.Consistency = Consistency.Bounded;
        });
        using var host = builder.Build();

        var wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

        Assert.Contains(wrong.Failures, failure => failure.Contains("'n1:8001' is not an endpoint", StringComparison.Ordinal));
        Assert.Contains(wrong.Failures, failure => failure.Contains("Patience", StringComparison.Ordinal));
        Assert.Contains(wrong.Failures, failure => failure.Contains("Consistency", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cluster_without_endpoints_is_named_too()
    {
        var services = new ServiceCollection();
        _ = services.AddRaftCluster();
        await using var provider = services.BuildServiceProvider();

        var wrong = Assert.Throws<OptionsValidationException>(provider.GetRequiredService<RaftClusterClient>);

        Assert.Contains("names no node", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Healthy_is_a_majority_that_answers_degraded_a_node_alone_and_nobody_is_what_the_caller_says()
    {
        var node = await FakeNode.StartAsync();
        await using var provider = Checked(node.Url);
        var checks = provider.GetRequiredService<HealthCheckService>();

        _ = node.On("GET", "/v1/kv/health", 404, "", ("Raft-Revision", "7"));
        var healthy = await checks.CheckHealthAsync(Cancellation);
        Assert.Equal((HealthStatus.Healthy, 7L), (healthy.Status, healthy.Entries["raftcluster"].Data["revision"]));

        _ = node.Respond("GET", "/v1/kv/health", asked => asked.Headers["Raft-Consistency"] == "local"
            ? (404, "", [])
            : (503, """{"code":"no-leader","outcome":"not-applied","retryable":false}""", [("Content-Type", "application/problem+json")]));
        var degraded = await checks.CheckHealthAsync(Cancellation);
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Contains("no-leader", degraded.Entries["raftcluster"].Description, StringComparison.Ordinal);

        await node.DisposeAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await checks.CheckHealthAsync(Cancellation)).Status);
    }

    private static ServiceProvider Checked(string url)
    {
        var services = new ServiceCollection();
        _ = services.AddLogging();
        _ = services.AddSingleton<TimeProvider>(new VirtualTime());
        _ = services.AddRaftCluster(settings => settings.Endpoints.Add(url));
        _ = services.AddHealthChecks().AddRaftCluster();
        return services.BuildServiceProvider();
    }
}

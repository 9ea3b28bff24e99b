using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using RaftCluster.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Clients of clusters as services, and whether they are served as health checks.</summary>
public static class RaftClusterServices
{
    /// <summary>Adds the <see cref="RaftClusterClient"/>, made once, its settings checked when the host starts.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the settings; null when the returned builder does, as by <c>BindConfiguration</c>.</param>
    /// <returns>The settings' builder.</returns>
    /// <example>
    /// <code>
    /// services.AddRaftCluster(settings => settings.Endpoints.Add("http://10.0.0.1:8001"));
    /// services.AddRaftCluster("billing", settings => settings.Endpoints.Add("http://10.1.0.1:8001"));
    /// services.AddHealthChecks().AddRaftCluster().AddRaftCluster(client: "billing");
    /// </code>
    /// </example>
    public static OptionsBuilder<RaftClusterSettings> AddRaftCluster(
        this IServiceCollection services, Action<RaftClusterSettings>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => Make(provider, Options.Options.DefaultName));
        return AddSettings(services, Options.Options.DefaultName, configure);
    }

    /// <summary>Adds a client of another cluster: the keyed service of this name.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The client's name: the service's key, and the name of its settings.</param>
    /// <param name="configure">Sets the settings; null when the returned builder does, as by <c>BindConfiguration</c>.</param>
    /// <returns>The settings' builder.</returns>
    public static OptionsBuilder<RaftClusterSettings> AddRaftCluster(
        this IServiceCollection services, string name, Action<RaftClusterSettings>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        services.TryAddKeyedSingleton(name, (provider, key) => Make(provider, (string)key!));
        return AddSettings(services, name, configure);
    }

    /// <summary>
    /// Adds a check that the cluster serves a client: healthy when a linearizable read is answered, so that there is a leader
    /// with a majority; degraded when only a node's own copy can be read.
    /// </summary>
    /// <param name="builder">The checks.</param>
    /// <param name="name">The check's name; null for <c>raftcluster</c>, or <c>raftcluster-CLIENT</c>.</param>
    /// <param name="client">The client's name; null for the one without.</param>
    /// <param name="failureStatus">What it counts as when nothing can be read; null for unhealthy.</param>
    /// <param name="tags">The check's tags.</param>
    /// <param name="timeout">How long it may take; null for the client's patience.</param>
    public static IHealthChecksBuilder AddRaftCluster(
        this IHealthChecksBuilder builder,
        string? name = null,
        string? client = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name ?? (client is null ? "raftcluster" : $"raftcluster-{client}"),
            provider => new RaftClusterHealthCheck(client is null
                ? provider.GetRequiredService<RaftClusterClient>()
                : provider.GetRequiredKeyedService<RaftClusterClient>(client)),
            failureStatus,
            tags,
            timeout));
    }

    private static RaftClusterClient Make(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsMonitor<RaftClusterSettings>>().Get(name)
            .ToOptions(provider.GetService<TimeProvider>() ?? TimeProvider.System));

    private static OptionsBuilder<RaftClusterSettings> AddSettings(
        IServiceCollection services, string name, Action<RaftClusterSettings>? configure)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RaftClusterSettings>, SettingsValidation>());
        var builder = services.AddOptions<RaftClusterSettings>(name).ValidateOnStart();
        return configure is null ? builder : builder.Configure(configure);
    }
}

using System.Collections.Immutable;
using Microsoft.Extensions.Options;

namespace RaftCluster.Client;

/// <summary>What a configuration says of a client: as <see cref="RaftClusterOptions"/>, but settable and bindable.</summary>
public sealed class RaftClusterSettings
{
    /// <summary>The base URLs of one or more nodes: <c>http://host:port</c>.</summary>
    public IList<string> Endpoints { get; } = [];

    /// <inheritdoc cref="RaftClusterOptions.Patience"/>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc cref="RaftClusterOptions.ConnectTimeout"/>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc cref="RaftClusterOptions.Consistency"/>
    public Consistency Consistency { get; set; } = Consistency.Linearizable;

    /// <inheritdoc cref="RaftClusterOptions.FollowLeader"/>
    public bool FollowLeader { get; set; } = true;

    /// <inheritdoc cref="RaftClusterOptions.Idempotent"/>
    public bool Idempotent { get; set; } = true;

    /// <inheritdoc cref="RaftClusterOptions.GatherWrites"/>
    public bool GatherWrites { get; set; }

    /// <inheritdoc cref="RaftClusterOptions.Http2"/>
    public bool Http2 { get; set; }

    internal RaftClusterOptions ToOptions(TimeProvider time) => new()
    {
        Endpoints = Endpoints.Select(endpoint => new Uri(endpoint)).ToImmutableArray(),
        Patience = Patience,
        ConnectTimeout = ConnectTimeout,
        Consistency = Consistency,
        FollowLeader = FollowLeader,
        Idempotent = Idempotent,
        GatherWrites = GatherWrites,
        Http2 = Http2,
        Time = time,
    };
}

/// <summary>Says what is wrong with settings, all of it at once.</summary>
internal sealed class SettingsValidation : IValidateOptions<RaftClusterSettings>
{
    public ValidateOptionsResult Validate(string? name, RaftClusterSettings options)
    {
        var faults = new List<string>();
        if (options.Endpoints.Count == 0)
        {
            faults.Add($"{nameof(options.Endpoints)} names no node: write http://host:port.");
        }

        foreach (var endpoint in options.Endpoints)
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                faults.Add($"{nameof(options.Endpoints)}: '{endpoint}' is not an endpoint; write http://host:port.");
            }
        }

        Positive(nameof(options.Patience), options.Patience);
        Positive(nameof(options.ConnectTimeout), options.ConnectTimeout);
        if (options.Consistency is Consistency.Bounded or < Consistency.Linearizable or > Consistency.Local)
        {
            faults.Add(
                $"{nameof(options.Consistency)} is Linearizable, Session or Local, not {options.Consistency}: a bound belongs to each read.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Positive(string setting, TimeSpan time)
        {
            if (time <= TimeSpan.Zero)
            {
                faults.Add($"{setting} is a time above zero, not {time}.");
            }
        }
    }
}

using System.Collections.Immutable;
using System.CommandLine;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary>The options that every command knows.</summary>
internal sealed class GlobalOptions
{
    /// <summary>Where <c>raftctl up</c> puts its three nodes.</summary>
    private const string DefaultEndpoints = "http://127.0.0.1:8001,http://127.0.0.1:8002,http://127.0.0.1:8003";

    internal Option<string?> Endpoints { get; } = new("--endpoints", "-e")
    {
        Description = "Base URLs of the nodes, comma separated. Default: RAFT_ENDPOINTS, or the nodes of 'raftctl up'.",
        HelpName = "urls",
        Recursive = true,
    };

    internal Option<bool> Json { get; } = new("--json")
    {
        Description = "Prints JSON, for programs.",
        Recursive = true,
    };

    internal Option<TimeSpan> Timeout { get; } = new("--timeout")
    {
        Description = "How long to try, as 500ms, 10s or 1m.",
        HelpName = "time",
        Recursive = true,
        CustomParser = Durations.Parse,
        DefaultValueFactory = _ => TimeSpan.FromSeconds(10),
    };

    /// <summary>The nodes that were named, or null with the fault said on standard error.</summary>
    internal ImmutableArray<Uri>? EndpointsOf(ParseResult parsed, Terminal terminal)
    {
        var text = parsed.GetValue(Endpoints) ?? terminal.Environment("RAFT_ENDPOINTS");
        var names = (string.IsNullOrWhiteSpace(text) ? DefaultEndpoints : text)
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var endpoints = ImmutableArray.CreateBuilder<Uri>();
        foreach (var name in names)
        {
            var url = name.Contains("://", StringComparison.Ordinal) ? name : $"http://{name}";
            if (!Uri.TryCreate(url, UriKind.Absolute, out var endpoint)
                || endpoint.Scheme is not ("http" or "https") || endpoint.Query.Length > 0)
            {
                terminal.Error.WriteLine($"raftctl: '{name}' is not an endpoint; write http://host:port.");
                return null;
            }

            endpoints.Add(endpoint);
        }

        if (endpoints.Count == 0)
        {
            terminal.Error.WriteLine("raftctl: --endpoints names no node; write http://host:port.");
            return null;
        }

        return endpoints.ToImmutable();
    }

    internal RaftClusterOptions ClientOptions(ParseResult parsed, Terminal terminal, ImmutableArray<Uri> endpoints) => new()
    {
        Time = terminal.Time,
        Endpoints = endpoints,
        Patience = parsed.GetValue(Timeout),
    };
}

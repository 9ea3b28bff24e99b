using System.Collections.Immutable;

namespace RaftCluster.Client;

/// <summary>Which node to ask: the given endpoints in turn, and the leader once some answer has named it.</summary>
internal sealed class EndpointBook(ImmutableArray<Uri> endpoints, bool followLeader)
{
    private int _current;
    private volatile Uri? _leader;
    private volatile ImmutableDictionary<string, Uri> _urls = ImmutableDictionary<string, Uri>.Empty;

    internal ImmutableArray<Uri> Endpoints => endpoints;

    internal Uri? Leader => _leader;

    /// <summary>A leader that was named by an id whose address is not known yet.</summary>
    internal string? UnresolvedLeader { get; private set; }

    /// <summary>The node for the next attempt.</summary>
    internal Uri Choose(bool prefersLeader) =>
        prefersLeader && _leader is { } leader ? leader : endpoints[Volatile.Read(ref _current) % endpoints.Length];

    /// <summary>A node could not be reached, or can't serve now: others go first.</summary>
    internal void Avoid(Uri endpoint)
    {
        if (endpoint == _leader)
        {
            _leader = null;
        }

        var current = Volatile.Read(ref _current);
        if (endpoints[current % endpoints.Length] == endpoint)
        {
            // Who comes second finds the turn already taken.
            _ = Interlocked.CompareExchange(ref _current, (current + 1) % endpoints.Length, current);
        }
    }

    /// <summary>An answer named the leader by id or by address.</summary>
    internal void LearnLeader(string? named, Uri? url)
    {
        if (!followLeader || (named is null && url is null))
        {
            return;
        }

        if (url is null && Uri.TryCreate(named, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            url = address;
        }

        if (url is null && named is not null && !_urls.TryGetValue(named, out url))
        {
            UnresolvedLeader = named;
            return;
        }

        UnresolvedLeader = null;
        if (_leader != url)
        {
            _leader = url;
        }
    }

    /// <summary>A node told the members' addresses.</summary>
    internal void LearnMembers(ClusterStatus status)
    {
        var urls = ImmutableDictionary.CreateBuilder<string, Uri>();
        foreach (var member in status.Members)
        {
            if (member.Url is { } url)
            {
                urls[member.Id] = url;
            }
        }

        _urls = urls.ToImmutable();
        LearnLeader(status.Leader?.Id, status.Leader?.Url);
        // A leader that even the members' list does not know is not asked for again.
        UnresolvedLeader = null;
    }
}

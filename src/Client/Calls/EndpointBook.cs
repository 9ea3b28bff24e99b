using System.Collections.Immutable;

namespace RaftCluster.Client;

/// <summary>Which node to ask: the given endpoints in turn, and the leader once some answer has named it.</summary>
internal sealed class EndpointBook(ImmutableArray<Uri> endpoints, bool followLeader)
{
    private int _current;
    private volatile Uri? _leader;
    private volatile ImmutableDictionary<string, Uri> _urls = ImmutableDictionary<string, Uri>.Empty;
    private string? _unresolved;

    internal ImmutableArray<Uri> Endpoints => endpoints;

    internal Uri? Leader => _leader;

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
            Volatile.Write(ref _unresolved, named);
            return;
        }

        if (_leader != url)
        {
            _leader = url;
        }
    }

    /// <summary>Whether a leader was named whose address is not known. Of many callers one is told so, and finds out.</summary>
    internal bool TakeUnresolvedLeader() =>
        Volatile.Read(ref _unresolved) is not null && Interlocked.Exchange(ref _unresolved, null) is not null;

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
    }
}

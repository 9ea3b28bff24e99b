using System.Collections.Frozen;

namespace RaftCluster.Node.Http;

/// <summary>What a request header or the parameter of the same name decides.</summary>
internal enum RequestTerm
{
    Consistency,
    Session,
    MaxStaleness,
    Wait,
    Fallback,
    Durability,
    Forward,
    Fence,
    IfMatch,
    IfNoneMatch,
    IdempotencyKey,

    /// <summary>Set by a node that forwards.</summary>
    ForwardedBy,

    /// <summary>A header of answers, sent back by a client that copies them: it asks for nothing.</summary>
    OfAnswers,
}

/// <summary>The names of the request's terms, as headers and as parameters.</summary>
internal static class RequestTermNames
{
    /// <summary>By the name of the header, in any letter case.</summary>
    public static readonly FrozenDictionary<string, RequestTerm> Headers = new Dictionary<string, RequestTerm>
    {
        [HeaderNames.Consistency] = RequestTerm.Consistency,
        [HeaderNames.Session] = RequestTerm.Session,
        [HeaderNames.MaxStaleness] = RequestTerm.MaxStaleness,
        [HeaderNames.Wait] = RequestTerm.Wait,
        [HeaderNames.Fallback] = RequestTerm.Fallback,
        [HeaderNames.Durability] = RequestTerm.Durability,
        [HeaderNames.Forward] = RequestTerm.Forward,
        [HeaderNames.Fence] = RequestTerm.Fence,
        [HeaderNames.IfMatch] = RequestTerm.IfMatch,
        [HeaderNames.IfNoneMatch] = RequestTerm.IfNoneMatch,
        [HeaderNames.IdempotencyKey] = RequestTerm.IdempotencyKey,
        [HeaderNames.ForwardedBy] = RequestTerm.ForwardedBy,
        [HeaderNames.Leader] = RequestTerm.OfAnswers,
        [HeaderNames.Next] = RequestTerm.OfAnswers,
        [HeaderNames.Node] = RequestTerm.OfAnswers,
        [HeaderNames.Replayed] = RequestTerm.OfAnswers,
        [HeaderNames.Revision] = RequestTerm.OfAnswers,
        [HeaderNames.Role] = RequestTerm.OfAnswers,
        [HeaderNames.Staleness] = RequestTerm.OfAnswers,
        [HeaderNames.Term] = RequestTerm.OfAnswers,
        [HeaderNames.Version] = RequestTerm.OfAnswers,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The headers that a client may send, as the contract writes them.</summary>
    public static readonly string[] ClientHeaders =
        [.. Headers.Where(header => header.Value < RequestTerm.ForwardedBy).Select(header => header.Key).Order(StringComparer.Ordinal)];

    /// <summary>By the name of the query parameter: the header's, in lower case and without <c>Raft-</c>.</summary>
    public static readonly FrozenDictionary<string, (RequestTerm Term, string Header)> Parameters = ClientHeaders
        .ToFrozenDictionary(ParameterOf, header => (Headers[header], header));

    /// <summary>The parameter that stands for a header.</summary>
    public static string ParameterOf(string header)
    {
        var own = header.StartsWith(HeaderNames.Prefix, StringComparison.Ordinal);
        return (own ? header[HeaderNames.Prefix.Length..] : header).ToLowerInvariant();
    }
}

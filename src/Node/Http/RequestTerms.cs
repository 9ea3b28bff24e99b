using System.Collections.Immutable;
using Microsoft.Extensions.Primitives;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>
/// What a request asks of the cluster, by its <c>Raft-*</c> headers and its conditions, or by the query parameters of
/// the same names.
/// </summary>
internal sealed class RequestTerms
{
    private const int LongestIdempotencyKey = 128;
    private const int MostFences = 16;

    /// <summary>The longest that a request may wait for anything.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly History _history;
    private uint _stated;

    private RequestTerms(History history, TimeSpan wait) => (_history, Wait) = (history, wait);

    public ReadConsistency Consistency { get; private set; }

    /// <summary>The last revision that the client's session saw; 0 when it sent no token.</summary>
    public long SeenRevision { get; private set; }

    public TimeSpan MaxStaleness { get; private set; }

    /// <summary>Whether a node that can't become fresh in time may let the leader answer.</summary>
    public bool FallsBackToLeader { get; private set; } = true;

    public Durability Durability { get; private set; }

    /// <summary>Whether a follower must not forward but name the leader.</summary>
    public bool NeverForward { get; private set; }

    /// <summary>Whether another node forwarded this request: then this one must lead, or refuse.</summary>
    public bool IsForwarded { get; private set; }

    public EntityTags? IfMatch { get; private set; }

    public EntityTags? IfNoneMatch { get; private set; }

    /// <summary>The name under which a write's outcome is kept, so that the same write sent again is not done again; null for none.</summary>
    public string? IdempotencyKey { get; private set; }

    /// <summary>Whether a write may be sent again although nobody knows what became of it.</summary>
    public bool IsRepeatable => IdempotencyKey is not null;

    /// <summary>The locks that a writer says it holds.</summary>
    public ImmutableArray<Fence> Fences { get; private set; } = [];

    /// <summary>How long the node may wait.</summary>
    public TimeSpan Wait { get; set; }

    /// <summary>What the parameter <c>wait</c> said, on whatever node the request came to; null when it was not stated.</summary>
    public TimeSpan? WaitParameter { get; private set; }

    public ReadTerms ReadTerms => new(Consistency, SeenRevision, MaxStaleness);

    /// <summary>What must be true of the row.</summary>
    public Precondition When =>
        IfMatch is { } match ? match.IfMatch()
        : IfNoneMatch is { } none ? none.IfNoneMatch()
        : Precondition.None;

    /// <summary>Reads the headers, and takes the parameters that stand for headers.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <param name="query">The request's parameters.</param>
    /// <param name="history">Whose tokens are good here.</param>
    /// <param name="wait">The patience of a request that states none.</param>
    /// <param name="terms">What was read.</param>
    /// <returns>What is wrong with them; null when nothing is.</returns>
    public static Problem? Read(
        IHeaderDictionary headers, QueryParameters query, History history, TimeSpan wait, out RequestTerms terms)
    {
        terms = new RequestTerms(history, wait);
        foreach (var (name, values) in headers)
        {
            if (RequestTermNames.Headers.TryGetValue(name, out var term))
            {
                if (terms.SetHeader(term, name, values) is { } problem)
                {
                    return problem;
                }
            }
            else if (name.StartsWith(HeaderNames.Prefix, StringComparison.OrdinalIgnoreCase))
            {
                // A misspelt promise must not be dropped in silence.
                return Problem.Malformed(
                    name, $"{name} is no header of this API{NearestName.Hint(name, RequestTermNames.ClientHeaders)}");
            }
        }

        return query.TakeEach(terms.SetParameter) ?? terms.CheckTogether();
    }

    private Problem? SetHeader(RequestTerm term, string name, StringValues values)
    {
        _stated |= 1u << (int)term;
        if (values.Count == 1)
        {
            return Set(term, name, values[0]!);
        }

        return term switch
        {
            RequestTerm.OfAnswers => null,
            RequestTerm.IfMatch or RequestTerm.IfNoneMatch or RequestTerm.Fence => Set(term, name, string.Join(',', values.ToArray())),
            _ => Problem.Malformed(name, $"{name} is stated twice"),
        };
    }

    private (bool Known, Problem? Problem) SetParameter(string name, string value)
    {
        if (!RequestTermNames.Parameters.TryGetValue(name, out var parameter) || IsLocksOwn(parameter.Term, value))
        {
            return (false, null);
        }

        if (parameter.Term == RequestTerm.Wait && Duration.TryParse(value, out var wait))
        {
            WaitParameter = wait;
        }

        if ((_stated & (1u << (int)parameter.Term)) == 0)
        {
            return (true, Set(parameter.Term, name, value));
        }

        // A node that forwards states in the header what is left of the wait that the parameter asked for.
        return (true, IsForwarded
            ? null
            : Problem.Malformed(name, $"{name} is stated twice: as a parameter and as {parameter.Header}"));
    }

    /// <summary>A fence without a name is a lock's own parameter, and means that lock.</summary>
    private static bool IsLocksOwn(RequestTerm term, string value) =>
        term == RequestTerm.Fence && value.Length > 0 && !value.AsSpan().ContainsAnyExceptInRange('0', '9');

    private Problem? Set(RequestTerm term, string name, string value)
    {
        switch (term)
        {
            case RequestTerm.Consistency:
                return SetConsistency(name, value);
            case RequestTerm.Session:
                return SetSession(name, value);
            case RequestTerm.MaxStaleness:
                _stated |= 1u << (int)term;
                return SetTime(name, value, time => MaxStaleness = time);
            case RequestTerm.Wait:
                return SetTime(name, value, time => Wait = time);
            case RequestTerm.Fallback when value is "leader" or "fail":
                FallsBackToLeader = value == "leader";
                return null;
            case RequestTerm.Fallback:
                return NoneOf(name, value, "leader, fail");
            case RequestTerm.Durability:
                return SetDurability(name, value);
            case RequestTerm.Forward when value == "never":
                NeverForward = true;
                return null;
            case RequestTerm.Forward:
                return NoneOf(name, value, "never");
            case RequestTerm.IfMatch or RequestTerm.IfNoneMatch:
                return SetTags(term, name, value);
            case RequestTerm.Fence:
                return AddFences(name, value);
            case RequestTerm.IdempotencyKey:
                return SetIdempotencyKey(name, value);
            case RequestTerm.ForwardedBy:
                IsForwarded = true;
                return null;
            default:
                return null;
        }
    }

    private Problem? SetConsistency(string name, string value)
    {
        (var known, Consistency) = value switch
        {
            "linearizable" => (true, ReadConsistency.Linearizable),
            "session" => (true, ReadConsistency.Session),
            "bounded" => (true, ReadConsistency.Bounded),
            "local" => (true, ReadConsistency.Local),
            _ => (false, default),
        };
        return known ? null : NoneOf(name, value, "linearizable, session, bounded, local");
    }

    private Problem? SetDurability(string name, string value)
    {
        (var known, Durability) = value switch
        {
            "quorum" => (true, Durability.Quorum),
            "all" => (true, Durability.All),
            "leader" => (true, Durability.Leader),
            _ => (false, default),
        };
        return known ? null : NoneOf(name, value, "quorum, all, leader");
    }

    private Problem? SetSession(string name, string value)
    {
        if (!SessionToken.TryParse(value, out var token))
        {
            return Problem.Malformed(name, $"{name} holds no session token: send back what an answer's Raft-Session held");
        }

        if (token.History != _history)
        {
            return Problem.Malformed(name, $"{name} is of {token.History}, and this is {_history}: a restored backup and a recovery begin another history; start a new session");
        }

        SeenRevision = token.Revision;
        return null;
    }

    private Problem? SetTags(RequestTerm term, string name, string value)
    {
        if (!EntityTags.TryParse(value, out var tags))
        {
            return Problem.Malformed(name, $"{name} is malformed: {EntityTags.Form} is expected");
        }

        if (term == RequestTerm.IfMatch)
        {
            IfMatch = tags;
        }
        else
        {
            IfNoneMatch = tags;
        }

        return null;
    }

    private Problem? AddFences(string name, string value)
    {
        var problem = FenceList.Read(name, value, out var fences);
        Fences = Fences.AddRange(fences);
        return problem ?? (Fences.Length <= MostFences ? null : Problem.Malformed(name, $"{name} names more than {MostFences} locks"));
    }

    private Problem? SetIdempotencyKey(string name, string value)
    {
        IdempotencyKey = value;
        return CheckIdempotencyKey(value) is { } wrong ? Problem.Malformed(name, $"{name} {wrong}") : null;
    }

    /// <summary>What is wrong with the name of a write; null when nothing is.</summary>
    public static string? CheckIdempotencyKey(string key) =>
        key.Length is >= 1 and <= LongestIdempotencyKey && !key.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? null
            : $"has 1 to {LongestIdempotencyKey} characters of ASCII, none of them a control character";

    private static Problem? SetTime(string name, string value, Action<TimeSpan> set)
    {
        if (!Duration.TryParse(value, out var time))
        {
            return Problem.Malformed(name, $"{name} is no time: {Duration.Form}");
        }

        if (time > LongestWait)
        {
            return Problem.Malformed(name, $"{name} is longer than {Duration.Format(LongestWait)}");
        }

        set(time);
        return null;
    }

    private Problem? CheckTogether()
    {
        if (IfMatch is not null && IfNoneMatch is not null)
        {
            return Problem.Malformed(HeaderNames.IfNoneMatch, "If-Match and If-None-Match are both stated: one condition at a time");
        }

        var bounded = (_stated & (1u << (int)RequestTerm.MaxStaleness)) != 0;
        return (Consistency, bounded) switch
        {
            (ReadConsistency.Bounded, false) =>
                Problem.Malformed(HeaderNames.MaxStaleness, "a bounded read needs Raft-Max-Staleness: how far behind it may be"),
            (ReadConsistency.Session or ReadConsistency.Local, true) =>
                Problem.Malformed(HeaderNames.MaxStaleness, "Raft-Max-Staleness goes with Raft-Consistency: bounded"),
            _ => null,
        };
    }

    private static Problem NoneOf(string name, string value, string known) =>
        Problem.Malformed(name, $"{name} is one of {known}, not '{value}'");
}

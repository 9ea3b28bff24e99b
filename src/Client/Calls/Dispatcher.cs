using System.Net;
using System.Net.Sockets;

namespace RaftCluster.Client;

/// <summary>Tries a call at one node after another, within the caller's patience, as <see cref="RetryPolicy"/> allows.</summary>
internal sealed class Dispatcher(RaftClusterOptions options, HttpMessageInvoker http, EndpointBook book, SessionKeeper session)
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _shortestAttempt = TimeSpan.FromSeconds(1);

    /// <summary>Above this a body is sent only once the node wants it, so that "too large" is an answer and not a lost connection.</summary>
    private const int AskFirstAbove = 256 * 1024;

    private Gatherer? _gatherer;

    /// <summary>The newest session token; null for none.</summary>
    internal string? SessionToken => session.Token;

    internal EndpointBook Book => book;

    internal RaftClusterOptions Options => options;

    internal TimeProvider Time => options.Time;

    /// <summary>The answer: a 2xx, 304, 404 or 412 of a precondition; every other end is an exception.</summary>
    internal async Task<Attempt.Answered> SendAsync(Call call, CancellationToken cancellation)
    {
        using var trace = CallTrace.Start(call);
        try
        {
            var answer = await SendAsync(call, trace, cancellation);
            trace.Answered(answer);
            return answer;
        }
        catch (Exception failure)
        {
            trace.Failed(failure);
            throw;
        }
    }

    private async Task<Attempt.Answered> SendAsync(Call call, CallTrace trace, CancellationToken cancellation)
    {
        var patience = call.Patience ?? options.Patience;
        var started = options.Time.GetTimestamp();
        var failures = new Failures();
        var pauses = 0;
        if (call.PrefersLeader && book.TakeUnresolvedLeader())
        {
            await FindLeaderAsync(patience, cancellation);
        }

        for (var attempts = 1; ; attempts++)
        {
            cancellation.ThrowIfCancellationRequested();
            var remaining = patience - options.Time.GetElapsedTime(started);
            var endpoint = book.Choose(call.PrefersLeader);
            var limit = Limit(call, remaining);
            var attempt = (call.Item is null ? null : await Gathering().TryAsync(call, endpoint, limit, cancellation))
                ?? await TryAsync(call, endpoint, limit, cancellation);
            trace.Attempted(endpoint, attempt);
            switch (RetryPolicy.Decide(call.Kind, attempt))
            {
                case Verdict.Done when Known(attempt):
                    return Accept(call, (Attempt.Answered)attempt with { Attempts = attempts }, endpoint);
                case Verdict.Fail when Known(attempt):
                    throw Failed((Attempt.Answered)attempt, endpoint);
                case Verdict.Done or Verdict.Fail:
                    throw new OutcomeUnknownException(
                        $"An earlier attempt may have been applied, and now the write is refused: {((Attempt.Answered)attempt).Failure}",
                        endpoint,
                        Failed((Attempt.Answered)attempt, endpoint));
                case Verdict.Unknown:
                    throw Unknown(attempt, endpoint);
            }

            failures.Note(endpoint, attempt, RetryPolicy.LeavesOpen(call.Kind, attempt));
            book.Avoid(endpoint);
            Learn(call, attempt);
            remaining = patience - options.Time.GetElapsedTime(started);
            // Another node may be fine: only an answer, or a whole round of silence, is a reason to pause.
            var pause = attempt is Attempt.Answered || attempts % book.Endpoints.Length == 0
                ? Pause(pauses++, attempt)
                : TimeSpan.Zero;
            if (pause >= remaining)
            {
                throw failures.AsException();
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, options.Time, cancellation);
            }
        }

        bool Known(Attempt attempt) => !failures.LeftOpen || RetryPolicy.Settles(call, (Attempt.Answered)attempt);
    }

    /// <summary>Asks one node once, within the patience; nothing is tried again.</summary>
    internal async Task<Attempt.Answered> AskAsync(Call call, Uri endpoint, CancellationToken cancellation)
    {
        var attempt = await TryAsync(call, endpoint, call.Patience ?? options.Patience, cancellation);
        if (attempt is Attempt.Answered answer)
        {
            Learn(call, answer);
            return answer;
        }

        var failures = new Failures();
        failures.Note(endpoint, attempt, leavesOpen: false);
        throw failures.AsException();
    }

    /// <summary>Answers name the leader by its id: the members' addresses are asked for once, and again when an unknown one leads.</summary>
    private async Task FindLeaderAsync(TimeSpan patience, CancellationToken cancellation)
    {
        var limit = patience / 2 < _shortestAttempt ? patience / 2 : _shortestAttempt;
        var attempt = await TryAsync(ClusterCall.View, book.Choose(prefersLeader: false), limit, cancellation);
        // Without an answer the call itself goes to any node, which forwards it: one hop more, nothing worse.
        if (attempt is Attempt.Answered { Status: HttpStatusCode.OK } answer && ClusterCall.Read(answer) is { } status)
        {
            book.LearnMembers(status);
        }
    }

    private Gatherer Gathering() =>
        LazyInitializer.EnsureInitialized(ref _gatherer, () => new Gatherer(options.Time, TryAsync));

    private async Task<Attempt> TryAsync(Call call, Uri endpoint, TimeSpan limit, CancellationToken cancellation)
    {
        using var attemptEnd = new CancellationTokenSource(limit, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(attemptEnd.Token, cancellation);
        var body = call.Body is { } bytes ? new NotedContent(bytes) : null;
        var sentAt = options.Time.GetTimestamp();
        try
        {
            using var request = Request(call, endpoint, body, limit);
            using var response = await http.SendAsync(request, either.Token);
            return await AnswerReader.ReadAsync(response, options.Time, either.Token) with { SentAt = sentAt };
        }
        catch (OperationCanceledException stopped)
        {
            cancellation.ThrowIfCancellationRequested();
            // Only HTTP/1.1 sends a request's head and body as one, so only there an untouched body proves something.
            return body is { Begun: false } && !options.Http2
                ? new Attempt.NotSent("no connection in time", stopped)
                : new Attempt.Lost("no answer in time", stopped);
        }
        catch (HttpRequestException failed) when (NeverSent(failed.HttpRequestError))
        {
            return new Attempt.NotSent(Reason(failed), failed);
        }
        catch (SocketException failed)
        {
            // A connection that breaks while it is made comes bare, before anything was sent over it.
            return new Attempt.NotSent(failed.Message, failed);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            return new Attempt.Lost($"the connection broke: {Reason(broken)}", broken);
        }
    }

    private HttpRequestMessage Request(Call call, Uri endpoint, NotedContent? body, TimeSpan limit)
    {
        var request = Requests.Message(options, call.Method, endpoint, call.TargetWithin?.Invoke(limit) ?? call.Target);
        request.Content = body;
        foreach (var (name, value) in call.Headers)
        {
            _ = request.Headers.TryAddWithoutValidation(name, value);
        }

        if (call.StatesWait)
        {
            // The node gives up before this side does, so that its reason arrives.
            var wait = limit * 0.8 < _longestWait ? limit * 0.8 : _longestWait;
            _ = request.Headers.TryAddWithoutValidation("Raft-Wait", WireNames.Of(wait));
        }

        if (call.IdempotencyKey is { } key)
        {
            _ = request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        if (call.Session is { } token)
        {
            _ = request.Headers.TryAddWithoutValidation("Raft-Session", token);
        }

        if (call.ContentType is { } type)
        {
            _ = body!.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        if (call.Body is { Length: > AskFirstAbove })
        {
            request.Headers.ExpectContinue = true;
        }

        CallTrace.Propagate(request);
        return request;
    }

    private TimeSpan Limit(Call call, TimeSpan remaining)
    {
        // To give a write up early would make its outcome unknown; what may be sent again just goes elsewhere.
        if (call.Kind is CallKind.Write || !call.StatesWait || book.Endpoints.Length == 1)
        {
            return remaining;
        }

        var share = remaining / 2 > _shortestAttempt ? remaining / 2 : _shortestAttempt;
        return share < remaining ? share : remaining;
    }

    private TimeSpan Pause(int pauses, Attempt attempt)
    {
        var pause = Backoff.Of(pauses, options.FirstBackoff, options.LongestBackoff, options.Jitter.NextDouble());
        return attempt is Attempt.Answered { RetryAfter: { } asked } && asked > pause ? asked : pause;
    }

    private Attempt.Answered Accept(Call call, Attempt.Answered answer, Uri endpoint)
    {
        Learn(call, answer);
        // Any web server says 404; only a node's says that there is no such row.
        return answer.Status is not HttpStatusCode.NotFound || answer.Headers.Node is not null
            ? answer
            : throw new RaftClusterException(
                $"{endpoint} does not answer as a RaftCluster node (404 without a Raft-Node header).", Outcome.NotApplied, endpoint, inner: null);
    }

    private void Learn(Call call, Attempt attempt)
    {
        if (attempt is Attempt.Answered answer)
        {
            session.Observe(answer.Headers.Session, answer.Headers.Revision, call.AdvancesSession && (int)answer.Status < 400);
            book.LearnLeader(answer.Problem?.Leader?.Id ?? answer.Headers.Leader, answer.Problem?.Leader?.Url);
        }
    }

    private static RaftClusterException Failed(Attempt.Answered answer, Uri endpoint)
    {
        var problem = answer.Failure;
        if (problem.Outcome is Outcome.Unspecified)
        {
            problem = problem with { Outcome = Outcome.NotApplied };
        }

        return problem.Code is RetryPolicy.FencedCode
            ? new FencedException(problem, endpoint)
            : new RaftClusterException(problem, endpoint);
    }

    private static OutcomeUnknownException Unknown(Attempt attempt, Uri endpoint) => attempt switch
    {
        Attempt.Answered answer => new OutcomeUnknownException(answer.Failure, endpoint),
        Attempt.Lost lost => new OutcomeUnknownException(
            $"{endpoint.Authority}: {lost.Reason}; whether the write was applied is unknown.", endpoint, lost.Cause),
        _ => throw new ArgumentOutOfRangeException(nameof(attempt), attempt, null),
    };

    private static bool NeverSent(HttpRequestError error) => error
        is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
        or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;

    /// <summary>The innermost message: "Connection refused" rather than "An error occurred while sending the request".</summary>
    private static string Reason(Exception failed) => failed.GetBaseException().Message;
}

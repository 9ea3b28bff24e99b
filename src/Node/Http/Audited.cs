using System.Buffers;
using System.Net;
using System.Text.Json;
using RaftCluster.Node.Auditing;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Http;

/// <summary>
/// What administrators ask for, written to the audit log before it is begun and when it is over. A request that goes on to
/// another node is written on both.
/// </summary>
internal static partial class Audited
{
    /// <summary>A longer body is not shown: only its length is.</summary>
    private const int LongestShown = 16 << 10;

    /// <summary>The parameter of a backup.</summary>
    private const string Since = "since";

    /// <summary>An answer that is written to the audit log.</summary>
    /// <param name="action">What it is called there.</param>
    /// <param name="answer">Answers the request.</param>
    public static Handler As(string action, Handler answer) => call =>
        call.Api.Audit is { } audit ? AnswerAsync(call, audit, action, answer) : answer(call);

    private static async ValueTask AnswerAsync(Call call, AuditLog audit, string name, Handler answer)
    {
        var body = await PeekAsync(call);
        AuditEntry entry;
        try
        {
            entry = await audit.BeginAsync(new AuditAction(name, json => WriteAsker(json, call), json => WriteParameters(json, call, body)));
        }
        catch (Exception failed) when (AuditLog.IsFailure(failed))
        {
            LogRefused(call.Api.Log, name, audit.Path, OneLine.Of(failed));
            await call.RefuseAsync(new Problem(
                ProblemCode.AuditFailed, $"what is asked for can't be written to this node's audit log, so nothing was done: {OneLine.Of(failed)}")
            { Retryable = true });
            return;
        }

        try
        {
            await answer(call);
        }
        catch (Exception failed)
        {
            await EndAsync(call, audit, entry, AuditLog.Unknown, json => json.WriteString("error", failed.GetType().Name));
            throw;
        }

        var (outcome, problem) = OutcomeOf(call);
        await EndAsync(call, audit, entry, outcome, json =>
        {
            json.WriteNumber("status", call.Response.StatusCode);
            if (problem is not null)
            {
                json.WriteString("problem", problem);
            }

            if (call.ForwardedTo is { } other)
            {
                json.WriteString("forwardedTo", other);
            }
        });
    }

    /// <summary>It is done, or not, and can't be taken back: that this can't be written is all that is left to say.</summary>
    private static async ValueTask EndAsync(Call call, AuditLog audit, AuditEntry entry, string outcome, Action<Utf8JsonWriter> more)
    {
        try
        {
            await audit.EndAsync(entry, outcome, more);
        }
        catch (Exception failed) when (AuditLog.IsFailure(failed))
        {
            LogLost(call.Api.Log, outcome, entry.Action.Name, entry.Id, audit.Path, OneLine.Of(failed));
        }
    }

    private static (string Outcome, string? Problem) OutcomeOf(Call call)
    {
        if (call.IsCutOff)
        {
            return (call.IsWrite ? AuditLog.Unknown : AuditLog.NotApplied, null);
        }

        if (call.Refused is { } refused)
        {
            return (Statuses.Text(refused.Outcome), Statuses.Text(refused.Code).Code);
        }

        return call.Response.StatusCode switch
        {
            StatusCodes.Status202Accepted => ("accepted", null),
            < StatusCodes.Status300MultipleChoices => (AuditLog.Applied, null),
            < StatusCodes.Status400BadRequest => (AuditLog.NotApplied, null),
            _ => OutcomeOf(call.RelayedRefusal.Span),
        };
    }

    /// <summary>What the other node's refusal says.</summary>
    private static (string Outcome, string? Problem) OutcomeOf(ReadOnlySpan<byte> problem)
    {
        var reader = new Utf8JsonReader(problem);
        try
        {
            return JsonDocument.TryParseValue(ref reader, out var document)
                ? Read(document)
                : (AuditLog.Unknown, null);
        }
        catch (JsonException)
        {
            return (AuditLog.Unknown, null);
        }

        static (string, string?) Read(JsonDocument document)
        {
            using (document)
            {
                return (TextOf(document, "outcome") ?? AuditLog.Unknown, TextOf(document, "code"));
            }
        }
    }

    private static string? TextOf(JsonDocument document, string name) =>
        document.RootElement.ValueKind == JsonValueKind.Object
        && document.RootElement.TryGetProperty(name, out var text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    /// <summary>A copy of the body, which stays for the handler; null for none, or one that is longer than any handler takes.</summary>
    private static async ValueTask<byte[]?> PeekAsync(Call call)
    {
        if (!call.IsWrite || HttpMethods.IsDelete(call.Method))
        {
            return null;
        }

        var (problem, received) = await RequestBody.ReadAsync(call, RequestBody.Longest);
        if (problem is not null)
        {
            return null;
        }

        var body = received.ToArray();
        call.Request.BodyReader.AdvanceTo(received.Start, received.End);
        return body;
    }

    private static void WriteAsker(Utf8JsonWriter json, Call call)
    {
        var connection = call.Request.HttpContext.Connection;
        if (connection.RemoteIpAddress is { } address)
        {
            json.WriteString("address", new IPEndPoint(address, connection.RemotePort).ToString());
        }

        if (call.Request.Headers.UserAgent is { Count: > 0 } agent)
        {
            json.WriteString("agent", agent.ToString());
        }

        if (call.Request.Headers[HeaderNames.ForwardedBy] is { Count: > 0 } other)
        {
            json.WriteString("forwardedBy", other.ToString());
        }
    }

    private static void WriteParameters(Utf8JsonWriter json, Call call, byte[]? body)
    {
        json.WriteString("method", call.Method);
        json.WriteString("path", call.Target.Path);
        if (QueryParameters.Read(call.Target.Query, out var query) is null && query.Take(Since) is { } since)
        {
            json.WriteString(Since, since);
        }

        if (body is not { Length: > 0 })
        {
            return;
        }

        if (body.Length > LongestShown || Parse(body) is not { } document)
        {
            json.WriteNumber("bodyBytes", body.Length);
            return;
        }

        using (document)
        {
            json.WritePropertyName("body");
            document.RootElement.WriteTo(json);
        }
    }

    private static JsonDocument? Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(21, LogLevel.Error, "{Action} is refused: it can't be written to the audit log {File}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string action, string file, string reason);

    [LoggerMessage(22, LogLevel.Error, "the outcome '{Outcome}' of {Action}, {Id}, can't be written to the audit log {File}: {Reason}")]
    private static partial void LogLost(ILogger logger, string outcome, string action, string id, string file, string reason);
}

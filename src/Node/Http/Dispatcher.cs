using Microsoft.AspNetCore.Connections;
using RaftCluster.Node.Tracing;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Http;

/// <summary>
/// The end of the server's pipeline: one request in, one answer out. It stands where routing, model binding and
/// result objects would, which cost more than a small write does.
/// </summary>
internal sealed partial class Dispatcher(Api api)
{
    /// <summary>Answers a request.</summary>
    public Task InvokeAsync(HttpContext http)
    {
        api.Diagnosis.Metrics.Http.Begin();
        var begun = api.Time.GetTimestamp();
        var call = new Call(http, api, Call.TargetOf(http));
        ValueTask answer;
        try
        {
            answer = Routes.AnswerAsync(call);
        }
        catch (Exception failure)
        {
            answer = new ValueTask(FailAsync(call, failure));
        }

        if (!answer.IsCompletedSuccessfully)
        {
            return AwaitAsync(call, answer, begun);
        }

        End(call, begun, isLoad: true);
        return Task.CompletedTask;
    }

    private async Task AwaitAsync(Call call, ValueTask answer, long begun)
    {
        var isLoad = false;
        try
        {
            await answer;
            isLoad = true;
        }
        catch (Exception failure)
        {
            await FailAsync(call, failure);
        }
        finally
        {
            End(call, begun, isLoad);
        }
    }

    private void End(Call call, long begun, bool isLoad)
    {
        if (NodeTrace.IsOn)
        {
            RequestSpan.End(call);
        }

        var took = api.Time.GetElapsedTime(begun);
        api.Diagnosis.Metrics.Http.End(call, took);
        if (isLoad)
        {
            call.NoteLoad(took);
        }
    }

    private async Task FailAsync(Call call, Exception failure)
    {
        switch (failure)
        {
            case InvariantException broken:
                LogBroken(api.Log, broken.Message);
                FailStop.Now(ExitCode.Internal, broken.Message);
                return;
            case StorageException failed:
                // What is on disk is unknown from here on: nothing more may be served.
                api.Consensus.Fail(failed);
                return;
            case BadHttpRequestException bad:
                await call.RefuseAsync(Refusal(bad));
                return;
            case OperationCanceledException or ConnectionResetException or IOException when call.Aborted.IsCancellationRequested:
                // The client left; there is nobody to answer.
                call.Abort();
                return;
            default:
                LogFailure(api.Log, call.Method, call.Target.Path, failure);
                await call.RefuseAsync(new Problem(ProblemCode.Internal, "the node failed; its log says more")
                {
                    Outcome = call.IsWrite ? ProblemOutcome.Unknown : ProblemOutcome.NotApplied,
                });
                return;
        }
    }

    /// <summary>The server noticed it while the body came, so nothing was done yet.</summary>
    private static Problem Refusal(BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new Problem(ProblemCode.TooLarge, bad.Message, "body"),
        StatusCodes.Status408RequestTimeout => new Problem(ProblemCode.RequestTimeout, bad.Message, "body") { Retryable = true },
        _ => Problem.Malformed("body", bad.Message),
    };

    [LoggerMessage(1, LogLevel.Critical, "An invariant does not hold: {Message}")]
    private static partial void LogBroken(ILogger logger, string message);

    [LoggerMessage(2, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void LogFailure(ILogger logger, string method, string path, Exception failure);
}

using System.Text;
using RaftCluster.Node.Consensus;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>One thing that must be so for a node to be well.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Wrong">What is wrong; null when nothing is.</param>
internal readonly record struct Check(string Name, string? Wrong);

/// <summary><c>GET /livez</c> and <c>/readyz</c>: whether the process works, and whether it can serve.</summary>
/// <param name="consensus">Tells who leads.</param>
/// <param name="store">Tells how far this copy is.</param>
/// <param name="checkWritable">Tries the data folder: what is wrong with it, or null.</param>
/// <param name="time">The clock.</param>
internal sealed class Health(IConsensus consensus, IStateMachine store, Func<string?> checkWritable, TimeProvider time)
{
    /// <summary>How many committed entries a node may have yet to apply and still serve: a fraction of a second's work.</summary>
    private const long Reach = 10_000;

    /// <summary>The disk is tried at most this often, however often somebody asks.</summary>
    private static readonly TimeSpan _writableFor = TimeSpan.FromSeconds(1);

    private readonly Lock _trying = new();
    private bool _tried;
    private long _triedAt;
    private string? _notWritable;

    /// <summary>Set when the node stops: it still answers, but nobody new should come.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Answers <c>GET /livez</c>.</summary>
    public static ValueTask AnswerLiveAsync(Call call) =>
        AnswerAsync(call, "livez", [new Check("process", null)]);

    /// <summary>Answers <c>GET /readyz</c>.</summary>
    public static ValueTask AnswerReadyAsync(Call call) => AnswerAsync(call, "readyz", call.Api.Health.Checks());

    /// <summary>What must be so for this node to serve.</summary>
    public Check[] Checks()
    {
        var status = consensus.Status;
        var behind = status.CommitIndex - Math.Max(status.AppliedIndex, store.Applied.Index);
        return
        [
            new("running", IsStopping ? "the node stops" : null),
            new("leader", status.Leader is null ? "no leader is known" : null),
            new("rebuilt", status.RebuildReason is { } lost ? $"this node is being rebuilt from the others: {lost}" : null),
            new("drained", status.IsDrained ? "this node is drained for maintenance" : null),
            new("applied", behind > Reach ? $"{behind} committed entries are not applied yet" : null),
            new("store", Writable()),
        ];
    }

    private string? Writable()
    {
        lock (_trying)
        {
            if (!_tried || time.GetElapsedTime(_triedAt) >= _writableFor)
            {
                _notWritable = checkWritable() is { } wrong ? $"not writable: {wrong}" : null;
                (_tried, _triedAt) = (true, time.GetTimestamp());
            }

            return _notWritable;
        }
    }

    private static ValueTask AnswerAsync(Call call, string name, Check[] checks)
    {
        var problem = call.Query.TakeSwitch("verbose", out var verbose) ?? call.Query.RefuseRest("verbose");
        if (problem is not null)
        {
            return call.RefuseAsync(problem);
        }

        var failed = Array.Exists(checks, check => check.Wrong is not null);
        var text = new StringBuilder();
        foreach (var check in checks)
        {
            if (check.Wrong is not null)
            {
                text.Append("[-]").Append(check.Name).Append(": ").Append(check.Wrong).Append('\n');
            }
            else if (verbose)
            {
                text.Append("[+]").Append(check.Name).Append(": ok\n");
            }
        }

        text.Append(failed ? $"{name} failed\n" : verbose ? $"{name} passed\n" : "ok\n");
        call.SetHeaders(
            failed ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
        call.Response.ContentType = "text/plain; charset=utf-8";
        call.Response.Headers.CacheControl = "no-store";
        if (failed)
        {
            call.Response.Headers.RetryAfter = "1";
        }

        return call.EndAsync(Encoding.UTF8.GetBytes(text.ToString()));
    }
}

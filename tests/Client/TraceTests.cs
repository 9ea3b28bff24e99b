using System.Collections.Concurrent;
using System.Diagnostics;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class TraceTests : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly Script _script = new();
    private readonly Activity _test = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public TraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "RaftCluster.Client",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                // Other tests run at the same time.
                if (activity.TraceId == _test.TraceId)
                {
                    _ended.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _listener.Dispose();
        _test.Dispose();
        _script.Dispose();
    }

    [Fact]
    public async Task A_call_is_an_activity_with_its_attempts_and_each_request_names_it()
    {
        using var client = _script
            .Refuse()
            .Problem(504, "commit-timeout", "unknown", retryable: true)
            .Json(201, """{"revision":7,"version":1}""", ("Raft-Replayed", "true"), ("Raft-Revision", "7"))
            .Client(_time);

        _ = await client.PutAsync("a?b", "v"u8.ToArray(), cancellation: Cancellation);

        var call = Assert.Single(_ended);
        Assert.Equal(("kv.put", ActivityKind.Client, _test.SpanId), (call.OperationName, call.Kind, call.ParentSpanId));
        Assert.Equal(
            [("n1", "not-sent"), ("n2", "commit-timeout"), ("n3", "answered")],
            call.Events.Select(attempt => ((string)Tag(attempt, "server.address"), (string)Tag(attempt, "raftcluster.result"))));
        Assert.Equal((3, 201, true, 7L), (call.GetTagItem("raftcluster.attempts"), call.GetTagItem("http.response.status_code"), call.GetTagItem("raftcluster.replayed"), call.GetTagItem("raftcluster.revision")));
        Assert.Equal("/v1/kv/a%3Fb", call.GetTagItem("url.path"));
        Assert.All(_script.Requests, asked => Assert.Equal(call.Id, asked.Header("traceparent")));
    }

    [Fact]
    public async Task A_call_that_fails_is_an_error_of_its_code()
    {
        using var client = _script.Problem(413, "too-large", "not-applied", retryable: false).Client(_time);

        _ = await Assert.ThrowsAsync<RaftClusterException>(() => client.PutAsync("a", default, cancellation: Cancellation));

        var call = Assert.Single(_ended);
        Assert.Equal((ActivityStatusCode.Error, "too-large"), (call.Status, call.GetTagItem("error.type")));
    }

    private static object Tag(ActivityEvent attempt, string name) => attempt.Tags.Single(tag => tag.Key == name).Value!;
}

using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Logging;
using RaftCluster.Node.Logging;
using RaftCluster.Node.Tracing;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Tests.Node.Tracing;

/// <summary>What traces cost who has none, and what is said of them.</summary>
public sealed class NodeTraceTests
{
    [Fact]
    public void A_step_that_nobody_listens_to_makes_nothing()
    {
        using var request = new Activity("request").Start();
        Assert.False(NodeTrace.IsOn);
        Assert.Null(NodeTrace.Begin(Spans.Propose));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var at = 0; at < 1000; at++)
        {
            using var step = NodeTrace.Begin(Spans.ReadGate);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Same(request, Activity.Current);
    }

    [Fact]
    public void The_page_has_every_span_and_every_attribute()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/tracing.md"));
        var names = new[] { typeof(Spans), typeof(SpanAttributes) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Select(field => (string)field.GetRawConstantValue()!)
            .ToList();

        Assert.True(names.Count > 20);
        Assert.All(names, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void A_line_of_the_log_has_its_trace_while_the_request_is_under_way_and_no_longer()
    {
        var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        var line = LineFormatter.Format(TimeProvider.System, LogLevel.Warning, "A.B", "what", exception: null);
        Assert.EndsWith($" B: what trace_id={request.TraceId} span_id={request.SpanId}\n", line, StringComparison.Ordinal);

        // Something that a request began goes on after it.
        string? later = null;
        var goesOn = ExecutionContext.Capture()!;
        request.Stop();
        ExecutionContext.Run(goesOn, _ => later = LineFormatter.Format(TimeProvider.System, LogLevel.Warning, "A.B", "what", exception: null), null);
        Assert.EndsWith(" B: what\n", later, StringComparison.Ordinal);
    }
}

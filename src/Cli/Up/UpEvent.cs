using System.Collections.Immutable;
using RaftCluster.Client;

namespace RaftCluster.Cli.Up;

/// <summary>What happens while a cluster is up.</summary>
internal abstract record UpEvent
{
    private UpEvent()
    {
    }

    /// <summary>A leader serves.</summary>
    internal sealed record Ready(ClusterLayout Layout, string Leader, ImmutableArray<NodeState> Nodes) : UpEvent;

    /// <summary>Another node leads, or the same in another term.</summary>
    internal sealed record LeaderChanged(string Node, long Term) : UpEvent;

    /// <summary>There is no leader any more.</summary>
    internal sealed record LeaderLost : UpEvent;

    /// <summary>A node's process ended though nobody asked it to.</summary>
    internal sealed record Exited(string Node, int Pid, int ExitCode, string? LastWords) : UpEvent
    {
        internal string Reason => ProcessEnd.Describe(ExitCode, LastWords);
    }

    /// <summary>A node's process was started again.</summary>
    internal sealed record Restarted(string Node, int Pid, int Restarts) : UpEvent;

    /// <summary>A node stays down: starting it again would not help, or is not wanted.</summary>
    internal sealed record GivenUp(string Node, string Reason) : UpEvent;

    /// <summary>All nodes were asked to stop.</summary>
    internal sealed record Stopping : UpEvent;

    /// <summary>A node did not stop in time and was killed.</summary>
    internal sealed record Killed(string Node) : UpEvent;

    /// <summary>No node runs any more.</summary>
    internal sealed record Stopped : UpEvent;

    /// <summary>How the nodes are, now.</summary>
    internal sealed record Seen(ImmutableArray<NodeState> Nodes) : UpEvent;
}

/// <summary>What a node's process is doing.</summary>
internal enum Phase
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It ended and will be started again.</summary>
    Restarting,

    /// <summary>It ended and stays so.</summary>
    Down,
}

/// <summary>One node at one moment.</summary>
/// <param name="Place">Where it is.</param>
/// <param name="Pid">Its process; the last one when it does not run.</param>
/// <param name="Phase">What the process does.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="Uptime">How long the process has run.</param>
/// <param name="Status">What it says of itself; null when it does not answer.</param>
/// <param name="Ready">Whether it serves.</param>
/// <param name="HasAnswered">Whether this process has ever answered: until then it starts.</param>
internal sealed record NodeState(
    NodePlace Place, int Pid, Phase Phase, int Restarts, TimeSpan Uptime, ClusterStatus? Status, bool Ready, bool HasAnswered);

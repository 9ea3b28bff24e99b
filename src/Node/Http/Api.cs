using RaftCluster.Node.Auditing;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Changes;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Diagnosis;
using RaftCluster.Node.Leases;
using RaftCluster.Node.Space;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>What the handlers stand on.</summary>
internal sealed class Api
{
    public required NodeOptions Options { get; init; }

    public required History History { get; init; }

    public required IConsensus Consensus { get; init; }

    public required IStateMachine Store { get; init; }

    public required Freshness Freshness { get; init; }

    public required ReadGate Gate { get; init; }

    public required AnswerHeaders Headers { get; init; }

    public required Forwarder Forwarder { get; init; }

    /// <summary>What all members say of themselves.</summary>
    public ClusterSurvey Survey { get; } = new();

    public required Health Health { get; init; }

    public required ChangeHub Feeds { get; init; }

    public required LeaseKeeper Leases { get; init; }

    public required BackupSource Backups { get; init; }

    public required LockQueue LockQueue { get; init; }

    public required LockVisits LockVisits { get; init; }

    public required Definitions Definitions { get; init; }

    /// <summary>The room on this node's disk; null when it is not watched.</summary>
    public NodeSpace? Space { get; init; }

    /// <summary>Where what administrators ask for is written; null for nowhere.</summary>
    public AuditLog? Audit { get; init; }

    /// <summary>What the node measures of itself.</summary>
    public required NodeDiagnosis Diagnosis { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }
}

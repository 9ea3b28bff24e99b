using RaftCluster.Node.Consensus.Members;

namespace RaftCluster.Node.Consensus;

/// <summary>What follows from the configurations in the log: whom the library counts, and when this node is out.</summary>
public sealed partial class ConsensusNode
{
    private readonly TaskCompletionSource<string> _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterConfiguration? _adopted;

    /// <summary>Completes when this node is certain that it is a member no more, with the reason.</summary>
    public Task<string> Removed => _removed.Task;

    /// <summary>Sees that the members are those of the log's newest configuration.</summary>
    private Task AdoptNewestAsync()
    {
        // Asked after each request of a leader, and nearly always so already.
        var newest = _configurations.Newest(_log).Configuration;
        return ReferenceEquals(Volatile.Read(ref _adopted), newest) ? Task.CompletedTask : AdoptAsync(newest);
    }

    private async Task AdoptAsync(ClusterConfiguration? configuration)
    {
        configuration ??= _configurations.Newest(_log).Configuration;
        Volatile.Write(ref _adopted, null);
        if (configuration.StateVersion > _options.StateVersion)
        {
            _stopOverRows(ExitCode.DataFolder, TooNew(_options.Self.Id, configuration.StateVersion, _options.StateVersion));
            throw new OperationCanceledException("this node is stopping");
        }

        try
        {
            await _raft.AdoptAsync(configuration, () => _rebuild.IsOver).ConfigureAwait(false);
            Volatile.Write(ref _adopted, configuration);
        }
        catch (ObjectDisposedException)
        {
            throw new OperationCanceledException("this node is stopping");
        }
    }

    /// <summary>The words for a node that can't apply what the cluster's log may hold.</summary>
    public static string TooNew(string node, int cluster, int own) =>
        $"the state version of the cluster is {cluster}, and this version of {node} applies entries up to {own}: "
        + "start the version that it ran before, or a newer one (docs/upgrade.md)";

    /// <summary>Up to which version entries may be proposed under a configuration.</summary>
    private int StateVersionOf(ClusterConfiguration configuration) => Math.Max(configuration.StateVersion, _options.FirstStateVersion);

    /// <summary>Another node says that this one is a member no more.</summary>
    private void ToldRemoved(long index, string message)
    {
        if (index >= _belonging.Newest)
        {
            _removed.TrySetResult(message);
        }
    }

    /// <summary>Whether this node is a member no more by what is committed here.</summary>
    private void LookForRemoval()
    {
        if (!_removed.Task.IsCompleted && _belonging.Committed is var committed && committed.Configuration.Find(_options.Self.Id) is null)
        {
            _removed.TrySetResult(RemovalOf(_options.Self.Id, committed));
        }
    }

    /// <summary>The words for a node that is no member by a committed configuration.</summary>
    public static string RemovalOf(string node, ConfigurationAt committed) =>
        $"{node} was removed from the cluster: by entry {committed.Index} the members are {committed.Configuration}";

    /// <inheritdoc/>
    public ValueTask<MembershipAnswer> ChangeMembersAsync(MemberChange change, CancellationToken patience) =>
        _proposer.IsPaused
            ? ValueTask.FromResult<MembershipAnswer>(new MembershipAnswer.NotLeader())
            : _membership.ChangeAsync(change, patience);
}

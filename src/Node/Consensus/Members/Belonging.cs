using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.Consensus.Members;

/// <summary>Whether a node that calls is to be answered: a member, or one whose membership this node may not have heard of yet.</summary>
internal sealed class Belonging(ConfigurationStore configurations, IRaftLog log, CommitProgress progress)
{
    /// <summary>The index of the newest configuration this node knows: what it tells those it calls.</summary>
    public long Newest => configurations.Newest(log).Index;

    /// <summary>The newest configuration that is certainly committed.</summary>
    public ConfigurationAt Committed => configurations.NewestUpTo(log, progress.Committed);

    /// <summary>Judges a caller.</summary>
    /// <param name="caller">Its name.</param>
    /// <param name="knows">The index of the newest configuration it knows.</param>
    public CallerStanding Of(string caller, long knows)
    {
        var newest = configurations.Newest(log);
        if (knows > newest.Index || newest.Configuration.Find(caller) is not null)
        {
            return new CallerStanding.Answered();
        }

        // Only what is committed says that a node is out: the newest configuration may yet be cut off.
        var committed = Committed;
        return committed.Configuration.Find(caller) is not null ? new CallerStanding.Answered()
            : committed.Index > 0 && knows <= committed.Index ? new CallerStanding.Removed(committed)
            : new CallerStanding.Stranger();
    }
}

/// <summary>What a node is to the one it calls.</summary>
internal abstract record CallerStanding
{
    private CallerStanding()
    {
    }

    /// <summary>A member, or one that knows a newer configuration.</summary>
    public sealed record Answered : CallerStanding;

    /// <summary>It was a member, and is none by a committed configuration that is at least as new as what it knows.</summary>
    public sealed record Removed(ConfigurationAt By) : CallerStanding;

    /// <summary>It never was one.</summary>
    public sealed record Stranger : CallerStanding;
}

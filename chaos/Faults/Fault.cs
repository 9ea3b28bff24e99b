using RaftCluster.Chaos.Network;

namespace RaftCluster.Chaos.Faults;

/// <summary>One way in which machines and networks break.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="what">What it does, in a line.</param>
internal abstract class Fault(string name, string what)
{
    /// <summary>Its name on the command line.</summary>
    public string Name => name;

    /// <summary>What it does, in a line.</summary>
    public string What => what;

    /// <summary>Whether it needs nodes with disks whose power can be cut.</summary>
    public virtual bool NeedsDisks => false;

    /// <summary>Whether it needs a library in every node.</summary>
    public virtual bool NeedsShim => false;

    /// <summary>Whether it may take a minute, so that another such one had better not begin meanwhile.</summary>
    public virtual bool TakesLong => false;

    /// <summary>Why it can't be put in here; null when it can.</summary>
    public virtual string? WhyNot(Machine machine) => NeedsDisks ? machine.WhyNoPowerCut : NeedsShim ? machine.WhyNoShim : null;

    /// <summary>Why it can't be put into a network of this kind; null when it can.</summary>
    public virtual string? WhyNotIn(NetworkKind network) => null;

    /// <summary>How many nodes it takes at least to have any effect.</summary>
    public virtual int LeastNodes => 1;

    /// <summary>Puts it in, holds it, heals it, however it ends, and says what became of it.</summary>
    /// <param name="context">What it has to do with.</param>
    /// <param name="chance">Decides what is left to chance.</param>
    /// <param name="hold">How long it is to hold.</param>
    /// <param name="report">Takes what it did.</param>
    public abstract Task RunAsync(FaultContext context, Random chance, TimeSpan hold, FaultReport report);
}

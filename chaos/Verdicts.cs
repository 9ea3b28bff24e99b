namespace RaftCluster.Chaos;

/// <summary>What the harness tells scripts when it ends.</summary>
internal static class Verdicts
{
    /// <summary>Everything ran and nothing was violated; of a mutant: it was caught.</summary>
    public const int Ok = 0;

    /// <summary>A promise was broken; of a mutant: it was not caught.</summary>
    public const int Violated = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>This machine can't do what the faults need; nothing was tried.</summary>
    public const int Skipped = 3;

    /// <summary>The harness could not judge: neither proven nor disproven.</summary>
    public const int Unknown = 4;

    /// <summary>Interrupted before the end.</summary>
    public const int Interrupted = 130;
}

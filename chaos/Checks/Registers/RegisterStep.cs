namespace RaftCluster.Chaos.Checks.Registers;

/// <summary>What a step asks of a register.</summary>
internal enum StepKind
{
    /// <summary>The register holds <see cref="RegisterStep.Before"/>.</summary>
    Read,

    /// <summary>The register holds <see cref="RegisterStep.After"/> then.</summary>
    Write,

    /// <summary>The register held <see cref="RegisterStep.Before"/> and holds <see cref="RegisterStep.After"/> then.</summary>
    Swap,

    /// <summary>The register does not hold <see cref="RegisterStep.Before"/>.</summary>
    Differ,
}

/// <summary>One operation on one register, with values as numbers; 0 is no row, which every register holds first.</summary>
/// <param name="Kind">What it asks.</param>
/// <param name="Before">What it finds.</param>
/// <param name="After">What it leaves.</param>
/// <param name="Begin">When it was sent.</param>
/// <param name="End">When it had happened; <see cref="long.MaxValue"/> when nobody knows whether it ever does.</param>
internal readonly record struct RegisterStep(StepKind Kind, int Before, int After, long Begin, long End)
{
    /// <summary>Whether it may never happen.</summary>
    public bool IsOpen => End == long.MaxValue;

    /// <summary>What it leaves of a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="next">What it leaves.</param>
    /// <returns>Whether it can happen to that value.</returns>
    public bool TryApply(int value, out int next)
    {
        (next, var can) = Kind switch
        {
            StepKind.Read => (value, value == Before),
            StepKind.Write => (After, true),
            StepKind.Swap => (After, value == Before),
            StepKind.Differ => (value, value != Before),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return can;
    }

    /// <summary>Whether another does the same, so that it doesn't matter which of the two happens first.</summary>
    public bool DoesAs(in RegisterStep other) => (Kind, Before, After) == (other.Kind, other.Before, other.After);
}

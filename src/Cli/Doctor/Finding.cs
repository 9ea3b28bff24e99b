namespace RaftCluster.Cli;

/// <summary>How bad a finding is; the worst one is the exit code of <c>raftctl doctor</c>, see <see cref="Examination.ExitCode"/>.</summary>
internal enum Severity
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Worth knowing; nothing is to be done.</summary>
    Note,

    /// <summary>It works, but something should be done.</summary>
    Warning,

    /// <summary>Something does not work, or soon won't.</summary>
    Critical,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Check">What was looked at: one word or two.</param>
/// <param name="Node">At which node; null for the cluster.</param>
/// <param name="What">What was found.</param>
/// <param name="Do">What to do; null for nothing.</param>
internal sealed record Finding(Severity Severity, string Check, string? Node, string What, string? Do = null);

/// <summary>All findings.</summary>
internal sealed record Examination(IReadOnlyList<Finding> Findings)
{
    internal Severity Worst => Findings.Count == 0 ? Severity.Good : Findings.Max(finding => finding.Severity);

    /// <summary>0 when nothing is to be done, 1 for a warning, 2 for something critical.</summary>
    internal int ExitCode => Worst switch
    {
        Severity.Critical => 2,
        Severity.Warning => 1,
        _ => 0,
    };
}

using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Supervision;

/// <summary>
/// <c>raftcluster-node health</c>: asks the node that has the same options, for supervisors that run a program, as a container's
/// health check does.
/// </summary>
internal static class HealthCommand
{
    /// <summary>What <c>--help</c> prints.</summary>
    public const string Help = """
        raftcluster-node health: asks the running node that has these options how it is

        Usage: raftcluster-node health [--ready] [the node's options]

        The options are the node's own, from the command line, the environment and the file; --node, --http or --members, and
        --listen tell where it is. Without --ready it asks whether the process works (/livez), with it whether the node can
        serve (/readyz): don't restart a node that can't; what it lacks may be the other nodes.
        Exit codes: 0 it is well, 1 it is not, or does not answer within 5 s, 2 usage.
        """;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <param name="words">The words after <c>health</c>.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <returns><see cref="ExitCode.Ok"/>, <see cref="ExitCode.Usage"/>, or 1.</returns>
    public static async Task<int> RunAsync(
        string[] words, System.Collections.IDictionary environment, TextWriter output, TextWriter error)
    {
        var ready = words.Contains("--ready");
        switch (OptionReader.Read([.. words.Where(word => word != "--ready")], environment))
        {
            case OptionsRead.Sound sound:
                using (var probe = new HealthProbe(sound.Options, _patience))
                {
                    var answer = await probe.AskAsync(ready ? HealthProbe.Ready : HealthProbe.Live, CancellationToken.None);
                    await (answer.Passed ? output : error).WriteLineAsync(answer.Text);
                    return answer.Passed ? ExitCode.Ok : ExitCode.Internal;
                }

            case OptionsRead.Faulty faulty:
                foreach (var fault in faulty.Faults)
                {
                    await error.WriteLineAsync($"raftcluster-node: {fault}");
                }

                return ExitCode.Usage;
            default:
                await output.WriteLineAsync(Help);
                return ExitCode.Ok;
        }
    }
}

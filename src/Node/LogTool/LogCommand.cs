using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;

namespace RaftCluster.Node.LogTool;

/// <summary><c>raftcluster-node log</c>: reads a log as it is on disk, without starting a node, and changes nothing.</summary>
internal static class LogCommand
{
    private const int BufferBytes = 1 << 16;

    /// <summary>How many records are shown before it is looked whether anybody still reads them.</summary>
    private const int BetweenLooks = 256;

    /// <summary>Runs it.</summary>
    /// <param name="words">The words after <c>log</c>.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="isClosed">Whether nobody reads the output any more.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(ReadOnlySpan<string> words, Stream output, TextWriter error, Func<bool> isClosed)
    {
        using var buffered = new BufferedStream(output, BufferBytes);
        if (LogRequest.Read(words, out var fault) is not { } request)
        {
            if (fault is null)
            {
                using var help = Text(buffered);
                help.WriteLine(LogRequest.Help);
                return ExitCode.Ok;
            }

            error.WriteLine($"raftcluster-node: {fault}; see 'raftcluster-node log --help'");
            return ExitCode.Usage;
        }

        if (LogPlace.Find(request.Folder, out fault) is not { } place)
        {
            error.WriteLine($"raftcluster-node: {fault}");
            return ExitCode.DataFolder;
        }

        if (place.User is { } user)
        {
            error.WriteLine(
                $"raftcluster-node: {user} uses this folder: what it writes meanwhile may be missing, and its last batch look torn");
        }

        try
        {
            return request.Verb == LogVerb.Dump ? Dump(request, place, buffered, isClosed) : Verify(request, place, buffered);
        }
        catch (DiskException failed)
        {
            error.WriteLine($"raftcluster-node: {failed.Message}");
            return ExitCode.Disk;
        }
    }

    private static int Dump(LogRequest request, LogPlace place, Stream output, Func<bool> isClosed)
    {
        using var text = Text(output);
        using var json = new JsonDump(output);
        IDump dump = request.Json ? json : new TextDump(text);
        var (isSound, shown) = (true, 0);
        foreach (var step in new LogWalk().Follow(place.Read()))
        {
            var malformed = step.Finding is LogFinding.Written written ? Malformed.What(written.Entry) : null;
            isSound &= malformed is null && step.Finding is not LogFinding.Damaged;
            if (!IsWanted(request, step))
            {
                continue;
            }

            dump.Show(step, malformed);
            if (++shown % BetweenLooks == 0)
            {
                text.Flush();
                if (isClosed())
                {
                    return ExitCode.Ok;
                }
            }
        }

        return isSound ? ExitCode.Ok : ExitCode.Corrupt;
    }

    private static int Verify(LogRequest request, LogPlace place, Stream output)
    {
        var verification = Verification.Of(place);
        if (request.Json)
        {
            verification.WriteJson(output);
        }
        else
        {
            using var text = Text(output);
            verification.Write(text);
        }

        return verification.IsSound ? ExitCode.Ok : ExitCode.Corrupt;
    }

    private static bool IsWanted(LogRequest request, LogStep step) => step.Finding switch
    {
        LogFinding.Damaged => true,
        LogFinding.Written written => written.Entry.Index >= request.From && written.Entry.Index <= request.To,
        _ => !request.IsPartial,
    };

    private static StreamWriter Text(Stream output) => new(output, leaveOpen: true);
}

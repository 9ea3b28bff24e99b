namespace RaftCluster.Node.Offline;

/// <summary><c>raftcluster-node recover</c>: what is left when a majority of the nodes is lost for good.</summary>
internal static class RecoverCommand
{
    private const string Accept = "--i-accept-data-loss";

    /// <summary>What <c>--help</c> prints.</summary>
    public const string Help = """
        raftcluster-node recover: makes a cluster of one member of what is left, when a majority of the nodes is lost for good

        Usage: raftcluster-node recover --data FOLDER[,FOLDER …] [--i-accept-data-loss] [--json]

        Without --i-accept-data-loss it shows what each surviving data folder holds, and changes nothing.
        With it, the folder that holds most becomes the only member of a new cluster, in the next epoch of the history.
        ACKNOWLEDGED WRITES MAY BE LOST: those that only the lost nodes had on their disks. Nobody can tell how many.
        Exit codes: 0 shown or done, 2 usage, 3 the folders can't be used, 5 the disk fails, 6 it is full.
        """;

    /// <summary>Runs it.</summary>
    /// <param name="words">The words after <c>recover</c>.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static Task<int> RunAsync(string[] words, TextWriter output, TextWriter error)
    {
        var read = Words.Read(words, ["--data"], [Accept, "--json"], out var fault);
        if (read.Help)
        {
            output.WriteLine(Help);
            return Task.FromResult(ExitCode.Ok);
        }

        string[] folders = read["--data"]?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        fault ??= read.Rest.Count > 0 ? $"'{read.Rest[0]}' belongs to no option"
            : folders.Length == 0 ? "--data is missing: the data folders that are left, with commas between them"
            : folders.Select(Path.GetFullPath).Distinct().Count() < folders.Length ? "--data names a folder twice"
            : null;
        if (fault is not null)
        {
            error.WriteLine($"raftcluster-node: {fault}; see 'raftcluster-node recover --help'");
            return Task.FromResult(ExitCode.Usage);
        }

        return BackupCommand.GuardAsync(error, () => Task.FromResult(Run(folders, read, output, error)));
    }

    private static int Run(string[] folders, Words read, TextWriter output, TextWriter error)
    {
        var recovery = new Recovery([.. folders.Select(SurvivingFolder.Read)]);
        var (accepts, asJson) = (read.Has(Accept), read.Has("--json"));
        if (!asJson)
        {
            RecoveryReport.Write(output, recovery);
        }

        if (recovery.Refusal() is { } refusal)
        {
            WriteJson(output, asJson, recovery, done: false);
            error.WriteLine($"raftcluster-node: {refusal}; nothing was changed");
            return ExitCode.DataFolder;
        }

        if (recovery.Lost is { } lost)
        {
            error.WriteLine(
                $"raftcluster-node: WARNING: {lost.Path} may hold more, up to entry {lost.Last.Index} of term {lost.Last.Term}, but can't be used");
        }

        if (!accepts)
        {
            WriteJson(output, asJson, recovery, done: false);
            if (!asJson)
            {
                Warn(output, recovery.Newest!);
            }

            return ExitCode.Ok;
        }

        if (recovery.Run(TimeProvider.System.GetUtcNow(), out var identity) is { } fault)
        {
            error.WriteLine($"raftcluster-node: {fault.Message}");
            return fault.Code;
        }

        WriteJson(output, asJson, recovery, done: true);
        if (!asJson)
        {
            output.WriteLine($"DONE. {recovery.Newest!.Path} is now node {identity!.Node}, the only member of the new cluster {identity.ClusterId}, epoch {identity.Epoch}.");
            output.WriteLine($"What was changed is kept in {Path.Combine(recovery.Newest.Path, $"before-epoch-{identity.Epoch}")}.");
            output.WriteLine("NEVER START A NODE ON THE OTHER OLD FOLDERS AGAIN: they belong to a history that has ended.");
            output.WriteLine($"start it   raftcluster-node --node {identity.Node} --data {recovery.Newest.Path}");
            output.WriteLine($"and more   raftcluster-node --node ID --data NEW-FOLDER --http URL --peer IP:PORT --join {identity.Http}");
        }

        return ExitCode.Ok;
    }

    private static void Warn(TextWriter output, SurvivingFolder newest)
    {
        output.WriteLine("NOTHING WAS CHANGED.");
        output.WriteLine("While a majority of the nodes can come back, or their disks can, do not go on: start them instead.");
        output.WriteLine($"With {Accept}, {newest.Path} becomes a cluster of one member. WRITES THAT WERE ACKNOWLEDGED MAY BE LOST:");
        output.WriteLine("those that only the lost nodes had on their disks. Writes that were never acknowledged may appear.");
    }

    private static void WriteJson(TextWriter output, bool asJson, Recovery recovery, bool done)
    {
        if (asJson)
        {
            output.WriteLine(OfflineJson.Write(json =>
            {
                json.WriteBoolean("done", done);
                RecoveryReport.Write(json, recovery);
            }));
        }
    }
}

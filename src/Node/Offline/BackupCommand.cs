using System.Globalization;
using System.Net;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Offline;

/// <summary><c>raftcluster-node backup</c>: checks backups and makes data folders of them, without a running node.</summary>
internal static class BackupCommand
{
    /// <summary>What <c>--help</c> prints.</summary>
    public const string Help = """
        raftcluster-node backup: checks backups and restores them, without a running node

        Usage: raftcluster-node backup verify FILE [INCREMENT …] [--quick] [--scratch FOLDER] [--json]
               raftcluster-node backup restore FILE [INCREMENT …] --data FOLDER --node ID
                   [--http URL] [--peer IP:PORT] [--cluster NAME] [--to-revision N] [--json]

          verify     reads every byte against its checksums, puts the rows together in a scratch folder, reads each of
                     them, and compares position and state hash with what the files say; --quick does the first alone
          restore    does that in a new data folder: the first node of a new cluster, with a new id and the next epoch

        FILE is a full backup; increments follow in their order.
        Exit codes: 0 done or sound, 2 usage, 3 the folder can't be used, 5 the disk fails, 6 it is full, 7 damaged.
        """;

    private static readonly string[] _verify = ["--scratch"];
    private static readonly string[] _restore = ["--data", "--node", "--http", "--peer", "--cluster", "--to-revision"];

    /// <summary>Runs it.</summary>
    /// <param name="words">The words after <c>backup</c>.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static Task<int> RunAsync(string[] words, TextWriter output, TextWriter error)
    {
        var verb = words.Length == 0 ? "" : words[0];
        var isVerify = verb == "verify";
        var read = Words.Read(
            verb is "verify" or "restore" ? words[1..] : words,
            isVerify ? _verify : _restore,
            isVerify ? ["--json", "--quick"] : ["--json"],
            out var fault);
        if (read.Help)
        {
            output.WriteLine(Help);
            return Task.FromResult(ExitCode.Ok);
        }

        fault ??= verb is not ("verify" or "restore") ? "backup needs verify or restore"
            : read.Rest.Count == 0 ? $"backup {verb} needs the file of a backup"
            : null;
        BackupRestore? restore = null;
        fault ??= isVerify ? null : ReadRestore(read, out restore);
        if (fault is not null)
        {
            error.WriteLine($"raftcluster-node: {fault}; see 'raftcluster-node backup --help'");
            return Task.FromResult(ExitCode.Usage);
        }

        return GuardAsync(error, () => isVerify
            ? Task.FromResult(VerifiedBackup.Run(read.Rest, read.Has("--quick"), read["--scratch"], read.Has("--json"), output))
            : RestoreAsync(restore!, read, output, error));
    }

    /// <summary>Turns what goes wrong into a line and a code.</summary>
    public static async Task<int> GuardAsync(TextWriter error, Func<Task<int>> run)
    {
        var (code, message) = (0, "");
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (BackupException damaged)
        {
            (code, message) = (damaged.ExitCode, damaged.Message);
        }
        catch (LogDamageException damaged)
        {
            (code, message) = (ExitCode.Corrupt, damaged.Message);
        }
        catch (LogFailedException failed)
        {
            (code, message) = (failed.ExitCode, failed.Message);
        }
        catch (StorageException failed)
        {
            (code, message) = (StorageFaults.ExitCodeOf(failed.Fault), failed.Message);
        }
        catch (DiskException failed)
        {
            (code, message) = (Fault.CodeOf(failed), failed.Message);
        }
        catch (FileNotFoundException missing)
        {
            (code, message) = (ExitCode.DataFolder, $"{missing.FileName} is not there");
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            (code, message) = (ExitCode.Disk, failed.Message);
        }

        error.WriteLine($"raftcluster-node: {OneLine.Of(message)}");
        return code;
    }

    private static async Task<int> RestoreAsync(BackupRestore restore, Words read, TextWriter output, TextWriter error)
    {
        var chain = BackupChain.Read(read.Rest);
        var (fault, restored) = await restore.RunAsync(chain).ConfigureAwait(false);
        if (fault is not null)
        {
            error.WriteLine($"raftcluster-node: {fault.Message}");
            return fault.Code;
        }

        var (position, identity) = restored!;
        var data = Path.GetFullPath(restore.Data);
        if (read.Has("--json"))
        {
            output.WriteLine(OfflineJson.Write(json =>
            {
                json.WriteString("data", data);
                json.WriteString("node", identity.Node);
                json.WriteString("cluster", identity.Cluster);
                json.WriteString("clusterId", identity.ClusterId);
                json.WriteNumber("epoch", identity.Epoch);
                OfflineJson.Write(json, position);
            }));
            return ExitCode.Ok;
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"restored {data} to revision {position.Revision}, state hash {position.StateHash:x32}"));
        output.WriteLine($"it is node {identity.Node} of a new cluster {identity.ClusterId}, epoch {identity.Epoch}: session tokens and feed");
        output.WriteLine("cursors of the cluster that was backed up are refused there");
        output.WriteLine($"start it   raftcluster-node --node {identity.Node} --data {data} --http {identity.Http} --peer {identity.Peer}");
        output.WriteLine($"and more   raftcluster-node --node ID --data NEW-FOLDER --http URL --peer IP:PORT --join {identity.Http}");
        return ExitCode.Ok;
    }

    private static string? ReadRestore(Words read, out BackupRestore? restore)
    {
        restore = null;
        var (http, peer) = (read["--http"] ?? "http://127.0.0.1:8001", read["--peer"] ?? "127.0.0.1:7001");
        long? upTo = null;
        if (read["--to-revision"] is { } text)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
            {
                return $"--to-revision '{text}' is no revision";
            }

            upTo = revision;
        }

        if (read["--data"] is not { Length: > 0 } data)
        {
            return "--data is missing: the folder to make";
        }

        if (read["--node"] is not { } node || !NodeName.IsValid(node))
        {
            return $"--node is missing or no name: {NodeName.Form}";
        }

        if (read["--cluster"] is { } cluster && !NodeName.IsValid(cluster))
        {
            return $"--cluster '{cluster}' is no name: {NodeName.Form}";
        }

        if (Addresses.ReadUrl(http, out var url) is { } wrongUrl)
        {
            return $"--http '{http}' {wrongUrl}";
        }

        if (Addresses.ReadPeer(peer, out IPEndPoint endPoint) is { } wrongPeer)
        {
            return $"--peer '{peer}' {wrongPeer}";
        }

        restore = new BackupRestore(data, node, Addresses.Show(url), endPoint.ToString(), read["--cluster"], upTo);
        return null;
    }
}

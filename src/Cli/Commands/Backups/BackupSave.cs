using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RaftCluster.Client;

namespace RaftCluster.Cli;

/// <summary><c>raftctl backup save</c>: a backup of a running cluster, from a follower when there is one.</summary>
internal sealed class BackupSave
{
    private const string StandardOutput = "-";

    private readonly Argument<string> _file = new("file") { Description = "The file to make; '-' for standard output." };

    private readonly Option<string?> _node = new("--node")
    {
        Description = "The node that makes it. Default: a follower; the leader when there is no other.",
        HelpName = "id",
    };

    private readonly Option<string?> _since = new("--since")
    {
        Description = "An increment: what happened since this revision, or since the backup in this file.",
        HelpName = "revision|file",
    };

    private readonly Option<bool> _local = new("--local")
    {
        Description = "Takes what the node has, though some of what was acknowledged may be missing: for a cluster without a leader.",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Takes the place of a file of that name." };

    internal static Command Create(Terminal terminal, GlobalOptions globals)
    {
        var save = new BackupSave();
        var command = new Command(
            "save",
            "Saves a backup of a running cluster, with all that was acknowledged before it began.\n\n"
            + "The file has its name only once all of it is checked and on the disk; until then it has '.part' behind it.")
        {
            save._file, save._node, save._since, save._local, save._force,
        };
        command.SetAction(CommandContext.ClientAction(terminal, globals, save.RunAsync));
        return command;
    }

    private async Task<int> RunAsync(CommandContext context, RaftClusterClient client)
    {
        var file = context.Parsed.GetRequiredValue(_file);
        var overwrites = context.Parsed.GetValue(_force);
        if (file != StandardOutput && Path.Exists(file) && !overwrites)
        {
            return context.Fail(
                ExitCodes.Local, "exists", $"{file} is there already", "Nothing is overwritten without --force; name another file.");
        }

        if (!TryReadSince(context, out var since, out var goesOn, out var fault))
        {
            return context.Fail(ExitCodes.Usage, "since", fault!);
        }

        var nodes = await NodesAsync(context, client);
        var named = context.Parsed.GetValue(_node);
        if (nodes.Count == 0)
        {
            return context.Fail(ExitCodes.NotFound, "no-such-member", $"{named} is no member of this cluster", "'raftctl member list' shows them.");
        }

        var options = new BackupOptions
        {
            Since = since,
            Consistency = context.Parsed.GetValue(_local) ? Consistency.Local : Consistency.Linearizable,
        };
        try
        {
            return file == StandardOutput
                ? await PassAsync(context, client, nodes, options, goesOn)
                : await SaveAsync(context, client, nodes, options, goesOn, file, overwrites);
        }
        catch (RaftClusterException dropped) when (dropped.Code == "compacted")
        {
            return context.Fail(
                ExitCodes.Refused, "compacted", dropped.Message, "Take a full backup: the same command without --since.");
        }
        catch (InvalidDataException broken)
        {
            return context.Fail(ExitCodes.Unavailable, "broken-backup", $"what came is no good: {broken.Message}", "Nothing was kept; try again.");
        }
    }

    private static async Task<int> SaveAsync(
        CommandContext context, RaftClusterClient client, List<MemberInfo> nodes, BackupOptions options, BackupInfo? goesOn, string file, bool overwrites)
    {
        await using var target = SavedFile.Begin(file);
        var saved = await AskAsync(context, client, nodes, options, target.Stream);
        if (Mismatch(saved.Info, goesOn) is { } mismatch)
        {
            return context.Fail(ExitCodes.Refused, "other-history", mismatch, "Take a full backup: the same command without --since.");
        }

        await target.SaveAsync(overwrites);
        await context.Terminal.Out.WriteLineAsync(context.Json ? JsonOf(file, saved) : TextOf(file, saved));
        return ExitCodes.Ok;
    }

    private static async Task<int> PassAsync(
        CommandContext context, RaftClusterClient client, List<MemberInfo> nodes, BackupOptions options, BackupInfo? goesOn)
    {
        var saved = await AskAsync(context, client, nodes, options, context.Terminal.OutBytes);
        await context.Terminal.OutBytes.FlushAsync(context.Cancellation);
        if (Mismatch(saved.Info, goesOn) is { } mismatch)
        {
            return context.Fail(ExitCodes.Refused, "other-history", mismatch, "Throw away what was written.");
        }

        await context.Terminal.Error.WriteLineAsync(context.Json ? JsonOf("-", saved) : TextOf("standard output", saved));
        return ExitCodes.Ok;
    }

    /// <summary>Asks one node after the other, as long as nothing has come.</summary>
    private static async Task<BackupResult> AskAsync(
        CommandContext context, RaftClusterClient client, List<MemberInfo> nodes, BackupOptions options, Stream target)
    {
        for (var at = 0; ; at++)
        {
            var shown = new BackupProgressLine(context.Terminal);
            try
            {
                return await client.BackUpAsync(nodes[at].Url!, target, options, shown, context.Cancellation);
            }
            catch (RaftClusterException failed)
                when (!shown.HasBegun && at + 1 < nodes.Count && failed is ClusterUnavailableException or { Retryable: true })
            {
                await context.Terminal.Error.WriteLineAsync($"raftctl: {nodes[at].Id} made no backup, so {nodes[at + 1].Id} is asked: {failed.Message}");
            }
            finally
            {
                shown.End();
            }
        }
    }

    /// <summary>Whom to ask, in this order: followers, those that lack least first, then learners, the leader last.</summary>
    private async Task<List<MemberInfo>> NodesAsync(CommandContext context, RaftClusterClient client)
    {
        var status = await client.GetStatusAsync(context.Cancellation);
        var named = context.Parsed.GetValue(_node);
        return
        [
            .. status.Members
                .Where(member => member.Url is not null && (named is null || member.Id == named))
                .OrderBy(member => member.Id == status.Leader?.Id ? 2 : member.Role == "learner" ? 1 : 0)
                .ThenBy(member => member.Lag ?? 0)
                .ThenBy(member => member.Id, StringComparer.Ordinal),
        ];
    }

    private bool TryReadSince(CommandContext context, out long? since, out BackupInfo? goesOn, out string? fault)
    {
        (since, goesOn, fault) = (null, null, null);
        if (context.Parsed.GetValue(_since) is not { } text)
        {
            return true;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            since = revision;
            return true;
        }

        try
        {
            using var file = File.OpenRead(text);
            goesOn = BackupInfo.Read(file);
            since = goesOn.Revision;
            return true;
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            fault = $"--since '{text}' is neither a revision nor a backup: {unread.Message}";
            return false;
        }
    }

    private static string? Mismatch(BackupInfo made, BackupInfo? goesOn) =>
        goesOn is null || (goesOn.ClusterId == made.ClusterId && goesOn.Epoch == made.Epoch)
            ? null
            : $"the backup to go on is of cluster {goesOn.ClusterId}, epoch {goesOn.Epoch}, and this cluster is {made.ClusterId}, epoch {made.Epoch}";

    private static string TextOf(string file, BackupResult saved)
    {
        var info = saved.Info;
        var what = info.Since is { } since ? $"revisions {since + 1} to {info.Revision}" : $"revision {info.Revision}";
        return $"saved {file}: {what} of cluster {info.ClusterId}, epoch {info.Epoch}, from {info.Node}\n"
            + $"state hash {info.StateHash}, {saved.Bytes} bytes, SHA-256 {Convert.ToHexStringLower(saved.Sha256.Span)}";
    }

    private static string JsonOf(string file, BackupResult saved) => JsonSerializer.Serialize(
        new BackupLine(
            file, saved.Info.Kind, saved.Info.Node, saved.Info.ClusterId, saved.Info.Epoch, saved.Info.Since, saved.Info.Revision,
            saved.Info.StateHash, saved.Bytes, Convert.ToHexStringLower(saved.Sha256.Span)),
        CliJson.Readable.BackupLine);
}

internal sealed record BackupLine(
    string File, string Kind, string Node, string ClusterId, int Epoch, long? Since, long Revision, string StateHash, long Bytes, string Sha256);

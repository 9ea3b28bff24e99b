using System.Collections.Immutable;
using System.Globalization;
using RaftCluster.Node.Auditing;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Consensus.Snapshots;

namespace RaftCluster.Node.Offline;

/// <summary>
/// Makes a cluster of one member of what a lost quorum left: a new cluster id, the next epoch, the folder's own node as the
/// only member. Log and rows stay as they are; the small files that change are kept beside them.
/// </summary>
internal sealed class Recovery(ImmutableArray<SurvivingFolder> folders)
{
    private static readonly string[] _changed = [SurvivingFolder.IdentityName, ConfigurationStore.FileName, StorePointer.FileName, DrainMark.FileName];

    /// <summary>All folders that were named.</summary>
    public ImmutableArray<SurvivingFolder> Folders => folders;

    /// <summary>The one that holds most of the history; null when none can be used.</summary>
    public SurvivingFolder? Newest => folders.Where(folder => folder.IsUsable).MaxBy(Rank);

    /// <summary>A folder that may hold more than <see cref="Newest"/> and can't be used.</summary>
    public SurvivingFolder? Lost => folders
        .Where(folder => !folder.IsUsable && folder.Last.Index > 0)
        .FirstOrDefault(folder => Newest is not { } newest || Rank(folder).CompareTo(Rank(newest)) > 0);

    /// <summary>Why nothing can be made of them; null when something can.</summary>
    public string? Refusal()
    {
        if (folders.FirstOrDefault(folder => folder.User is not null) is { } used)
        {
            return $"{used.User} uses {used.Path}: stop every node of the cluster first";
        }

        if (Newest is null)
        {
            return "none of these folders can be used: restore a backup instead";
        }

        var clusters = folders.Where(folder => folder.Identity is not null)
            .Select(folder => $"{folder.Identity!.ClusterId}, epoch {folder.Identity.Epoch}")
            .Distinct()
            .ToList();
        return clusters.Count > 1 ? $"these folders are of different clusters: {string.Join("; ", clusters)}" : null;
    }

    /// <summary>Does it.</summary>
    /// <param name="now">The time, for the record that is kept.</param>
    /// <param name="identity">Whose folder it is now.</param>
    /// <returns>Why it was not done; null when it was.</returns>
    /// <exception cref="IOException">The disk failed; the same command again goes on.</exception>
    public StartFault? Run(DateTimeOffset now, out NodeIdentity? identity)
    {
        identity = null;
        var chosen = Newest!;
        if (DataFolder.Open(chosen.Path, out var folder) is { } fault)
        {
            return fault;
        }

        using (folder)
        using (var audit = AuditLog.Of(chosen.Path, chosen.Identity!.Node))
        {
            // What can't be written there is not done: here as on a node that runs.
            var entry = audit.BeginAsync(AuditAction.OfUser("recover", json => json.WriteString("data", chosen.Path))).AsTask().GetAwaiter().GetResult();
            var made = Change(chosen, now);
            audit.EndAsync(entry, AuditLog.Applied, json =>
            {
                json.WriteString("clusterId", made.ClusterId);
                json.WriteNumber("epoch", made.Epoch);
            }).AsTask().GetAwaiter().GetResult();
            identity = made;
            return null;
        }
    }

    // The rule by which Raft's voters judge logs: who has the newer last entry has everything that was committed, as far
    // as any of these has it.
    private static (long, long, long) Rank(SurvivingFolder folder) =>
        (folder.Last.Term, folder.Last.Index, folder.Rows?.Position.Index ?? 0);

    private NodeIdentity Change(SurvivingFolder chosen, DateTimeOffset now)
    {
        var (disk, before) = (LocalDisk.Instance, chosen.Identity!);
        var self = chosen.Members?.Find(before.Node)?.Member ?? SelfOf(before);
        var identity = before with
        {
            ClusterId = BackupRestore.NewClusterId(),
            Epoch = checked(before.Epoch + 1),
            Http = Addresses.Show(self.Url),
            Peer = self.Peer.ToString(),
            Members = [Addresses.Show(self)],
        };
        var kept = Keep(chosen, identity.Epoch);
        SmallFile.Replace(disk, Path.Combine(kept, "recovery.json"), Record(chosen, identity, now));

        // The identity first: with a new cluster id this node meets nobody of the old cluster, whatever a crash leaves of the rest.
        SmallFile.Replace(disk, Path.Combine(chosen.Path, SurvivingFolder.IdentityName), identity.ToJson());
        ConfigurationStore.Replace(
            disk,
            chosen.Path,
            new ConfigurationAt(
                chosen.Last.Index, chosen.Last.Term, ClusterConfiguration.Initial([self]).Under(chosen.Members?.StateVersion ?? 0)));
        if (chosen.Pointer is { Phase: not RebuildPhase.None } pointer)
        {
            (pointer with { Phase = RebuildPhase.None, Reason = "" }).Write(disk, chosen.Path);
        }

        var drain = new DrainMark(disk, chosen.Path);
        if (drain.IsSet)
        {
            drain.Set(drained: false);
        }

        return identity;
    }

    private static Member SelfOf(NodeIdentity identity)
    {
        _ = Addresses.ReadUrl(identity.Http, out var url);
        _ = Addresses.ReadPeer(identity.Peer, out var peer);
        return new Member(identity.Node, url, peer);
    }

    /// <summary>Copies what is about to change.</summary>
    private static string Keep(SurvivingFolder chosen, int epoch)
    {
        var disk = LocalDisk.Instance;
        var kept = Path.Combine(chosen.Path, string.Create(CultureInfo.InvariantCulture, $"before-epoch-{epoch}"));
        disk.CreateFolder(kept);
        foreach (var name in _changed)
        {
            // What an earlier run that was cut off has kept is the older one.
            if (SmallFile.Read(disk, Path.Combine(chosen.Path, name)) is { } content && SmallFile.Read(disk, Path.Combine(kept, name)) is null)
            {
                SmallFile.Replace(disk, Path.Combine(kept, name), content);
            }
        }

        return kept;
    }

    private byte[] Record(SurvivingFolder chosen, NodeIdentity identity, DateTimeOffset now) => System.Text.Encoding.UTF8.GetBytes(
        OfflineJson.Write(json =>
        {
            json.WriteString("recoveredAt", now);
            json.WriteString("product", Product.Version);
            json.WriteString("clusterId", identity.ClusterId);
            json.WriteNumber("epoch", identity.Epoch);
            json.WriteString("chosen", chosen.Path);
            RecoveryReport.Write(json, this);
        }) + "\n");
}

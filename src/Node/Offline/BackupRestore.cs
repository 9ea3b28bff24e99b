using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using RaftCluster.Node.Auditing;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.Consensus.Log.Disk;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Offline;

/// <summary>Makes a data folder of backups: the first node of a new cluster, in a new epoch of the history.</summary>
/// <param name="Data">The folder, which must be empty or not there.</param>
/// <param name="Node">The node's id.</param>
/// <param name="Http">Where its HTTP API is to listen.</param>
/// <param name="Peer">Where it is to listen for other nodes.</param>
/// <param name="Cluster">The cluster's name; null for that of the backup.</param>
/// <param name="UpTo">The revision to stop at; null for the last one there is.</param>
internal sealed record BackupRestore(string Data, string Node, string Http, string Peer, string? Cluster, long? UpTo)
{
    /// <summary>Does it.</summary>
    /// <param name="chain">The backups.</param>
    /// <returns>What was made, or why it was not.</returns>
    /// <exception cref="BackupException">A backup is damaged; nothing is left of what was begun.</exception>
    /// <exception cref="StorageException">The disk failed; nothing is left of what was begun.</exception>
    /// <exception cref="IOException">The disk failed; nothing is left of what was begun.</exception>
    /// <exception cref="LogFailedException">The disk failed; nothing is left of what was begun.</exception>
    public async Task<(StartFault? Fault, Restored? Restored)> RunAsync(BackupChain chain)
    {
        var data = Path.GetFullPath(Data);
        if (File.Exists(data))
        {
            return (new StartFault(ExitCode.DataFolder, $"{data} is a file"), null);
        }

        var isThere = Directory.Exists(data);
        if (isThere && Directory.EnumerateFileSystemEntries(data).Any())
        {
            return (new StartFault(ExitCode.DataFolder, $"{data} is not empty: a restore overwrites nothing; name a new folder"), null);
        }

        if (DataFolder.Open(data, out var folder) is { } fault)
        {
            return (fault, null);
        }

        var isDone = false;
        try
        {
            using (folder)
            {
                var restored = await MakeAsync(chain, folder!).ConfigureAwait(false);
                using var audit = AuditLog.Of(data, Node);
                await audit.NoteAsync(AuditAction.OfUser("restore", json => Write(json, restored))).ConfigureAwait(false);
                fault = folder!.Claim(restored.Identity, StatedOptions.All);
                isDone = fault is null;
                return (fault, restored);
            }
        }
        finally
        {
            if (!isDone)
            {
                Clear(data, isThere);
            }
        }
    }

    private async Task<Restored> MakeAsync(BackupChain chain, DataFolder folder)
    {
        var disk = LocalDisk.Instance;
        var last = chain.Headers[^1];

        // The log's folder first: a data folder that has one and no identity is refused, so a crash from here on leaves
        // nothing that a node would start on.
        var log = Path.Combine(folder.Path, LogFolder.Name);
        disk.CreateFolder(log);
        var position = chain.Assemble(Path.Combine(folder.Path, StorePointer.First.Folder), UpTo);
        using (var vote = VoteStore.Open(log, Leave))
        {
            vote.Save(Math.Max(position.Term, last.CurrentTerm), []);
        }

        await using (var begun = SegmentedLog.Open(log, new SegmentedLogOptions { SegmentBytes = 1 << 20 }, Leave, mayBeGone: true))
        {
            if (position.Index > 0)
            {
                await begun.BeginAnewAsync(position.Index, position.Term).ConfigureAwait(false);
            }
        }

        new StorePointer(StorePointer.First.Folder, position.Index, position.Term, RebuildPhase.None, "").Write(disk, folder.Path);
        var cluster = Cluster ?? last.Cluster;
        return new Restored(
            position,
            new NodeIdentity
            {
                Format = NodeIdentity.CurrentFormat,
                Cluster = cluster,
                ClusterId = NewClusterId(),
                Epoch = checked(last.Epoch + 1),
                Node = Node,
                Http = Http,
                Peer = Peer,
                Members = [$"{Node}={Http}/{Peer}"],
            });
    }

    private static void Write(Utf8JsonWriter json, Restored restored)
    {
        json.WriteString("clusterId", restored.Identity.ClusterId);
        json.WriteNumber("epoch", restored.Identity.Epoch);
        json.WriteNumber("revision", restored.Position.Revision);
    }

    /// <summary>An id that no other cluster has: not even one restored from the same backup.</summary>
    public static string NewClusterId()
    {
        Span<byte> id = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(id);
        return BinaryPrimitives.ReadUInt64BigEndian(id).ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>A failure is thrown to whoever asked, for here is no node to stop.</summary>
    private static void Leave(int code, string message)
    {
    }

    private static void Clear(string data, bool wasThere)
    {
        Directory.Delete(data, recursive: true);
        if (wasThere)
        {
            Directory.CreateDirectory(data);
        }
    }
}

/// <summary>What a restore made.</summary>
/// <param name="Position">The position at which the rows stand.</param>
/// <param name="Identity">Whose folder it is.</param>
internal sealed record Restored(AppliedPosition Position, NodeIdentity Identity);

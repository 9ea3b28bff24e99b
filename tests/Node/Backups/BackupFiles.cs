using System.Collections.Immutable;
using RaftCluster.Node.Backups;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Tests.Node.Backups;

/// <summary>Backups made for tests.</summary>
internal static class BackupFiles
{
    /// <summary>What a full backup of nothing in particular says of itself.</summary>
    public static BackupHeader Header { get; } = new()
    {
        Kind = BackupHeader.Full,
        Cluster = "raft",
        ClusterId = "0123456789abcdef",
        Epoch = 1,
        Node = "n2",
        Product = "1.2.3",
        CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Revision = 0,
        OldestRevision = 0,
        Index = 0,
        Term = 0,
        CurrentTerm = 4,
        Time = 0,
        StateHash = new string('0', 32),
        Members = [new BackupMember("n2", "voter", "http://127.0.0.1:8002", "127.0.0.1:7002")],
        Files = [new BackupFile("CURRENT", 0)],
    };

    /// <summary>Makes a full backup of a store.</summary>
    public static async Task<BackupHeader> FullAsync(RowStore store, string copy, string file)
    {
        var position = store.Checkpoint(copy);
        ImmutableArray<BackupFile> files =
            [.. new DirectoryInfo(copy).GetFiles().OrderBy(each => each.Name, StringComparer.Ordinal).Select(each => new BackupFile(each.Name, each.Length))];
        using var picture = store.Read();
        var header = Header.At(position, picture.OldestRevision) with { Files = files };
        await using var target = File.Create(file);
        using var writer = new BackupWriter(target);
        await BackupContent.WriteFullAsync(writer, header, copy, TestContext.Current.CancellationToken);
        return header;
    }

    /// <summary>Makes an increment of a store.</summary>
    public static async Task<BackupHeader> IncrementAsync(IStateMachine store, long since, string file)
    {
        using var picture = store.Read();
        var header = Header.At(picture.Position, picture.OldestRevision) with
        {
            Kind = BackupHeader.Increment,
            Since = since,
            Files = default,
        };
        await using var target = File.Create(file);
        using var writer = new BackupWriter(target);
        await BackupContent.WriteIncrementAsync(writer, header, picture, TestContext.Current.CancellationToken);
        return header;
    }

    /// <summary>Puts the files of a full backup into a folder.</summary>
    public static void Unpack(string file, string folder)
    {
        Directory.CreateDirectory(folder);
        using var reader = BackupReader.Open(file);
        reader.ReadFiles(each => File.Create(Path.Combine(folder, each.Name)));
    }

    /// <summary>Applies an increment to a store's folder.</summary>
    public static AppliedPosition Replay(string file, string folder, long upTo = long.MaxValue)
    {
        using var reader = BackupReader.Open(file);
        using var replay = HistoryReplay.Open(folder);
        new IncrementReplay(reader, replay, upTo).Run();
        return replay.Position;
    }
}

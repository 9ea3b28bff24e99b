using System.Globalization;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consistency;
using RaftCluster.Node.Membership;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Storage;

namespace RaftCluster.Node.Backups;

/// <summary>Makes backups of this node's rows, a few at a time.</summary>
public sealed class BackupSource(
    NodeOptions options, History history, IConsensus consensus, IStateMachine store, IRowCopies copies, TimeProvider time) : IDisposable
{
    /// <summary>How many may be made at a time.</summary>
    public const int AtATime = 2;

    private readonly SemaphoreSlim _places = new(AtATime);

    /// <summary>How the backups are that this node makes by itself; null when it makes none.</summary>
    internal BackupReport? Report { get; set; }

    /// <summary>Whose backups are made here.</summary>
    internal BackupOwner Owner => new(
        options.Cluster, history.ClusterId.ToString("x16", CultureInfo.InvariantCulture), history.Epoch, options.Node);

    /// <summary>Counts a backup in; false when enough are being made. Whoever is in calls <see cref="Leave"/>.</summary>
    public bool TryEnter() => _places.Wait(0, CancellationToken.None);

    /// <summary>Waits for a place.</summary>
    public Task EnterAsync(CancellationToken token) => _places.WaitAsync(token);

    /// <summary>Counts a backup out.</summary>
    public void Leave() => _places.Release();

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    /// <summary>Takes what a full backup is made of.</summary>
    /// <exception cref="StorageException">It can't be had.</exception>
    internal async Task<PreparedBackup> PrepareFullAsync(CancellationToken token)
    {
        var copy = await copies.TakeCopyAsync(token).ConfigureAwait(false);
        try
        {
            var header = Header(BackupHeader.Full).At(copy.Position, RowStore.OldestRevisionOf(copy.Folder)) with
            {
                Files = [.. copy.Files.Select(file => new BackupFile(file.Name, file.Length))],
            };
            return new PreparedBackup(
                header, copies.CopyRate, copy, (writer, stop) => BackupContent.WriteFullAsync(writer, header, copy.Folder, stop));
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Takes what an increment is made of.</summary>
    /// <param name="since">The revision it goes on: 0, or one that can be read.</param>
    /// <param name="refusal">Why there is none.</param>
    internal PreparedBackup? PrepareIncrement(long since, out IncrementRefusal? refusal)
    {
        var picture = store.Read();
        refusal = since > picture.Position.Revision ? new IncrementRefusal(picture.Position.Revision, null)
            : since < picture.OldestRevision && (since > 0 || picture.OldestRevision > 1)
                ? new IncrementRefusal(picture.Position.Revision, picture.OldestRevision)
            : null;
        if (refusal is not null)
        {
            picture.Dispose();
            return null;
        }

        var header = Header(BackupHeader.Increment).At(picture.Position, picture.OldestRevision) with { Since = since };
        return new PreparedBackup(
            header, copies.CopyRate, picture, (writer, stop) => BackupContent.WriteIncrementAsync(writer, header, picture, stop));
    }

    private BackupHeader Header(string kind)
    {
        var status = consensus.Status;
        return new BackupHeader
        {
            Kind = kind,
            Cluster = options.Cluster,
            ClusterId = history.ClusterId.ToString("x16", CultureInfo.InvariantCulture),
            Epoch = history.Epoch,
            Node = options.Node,
            Product = Product.Version,
            CreatedAt = time.GetUtcNow(),
            Revision = 0,
            OldestRevision = 0,
            Index = 0,
            Term = 0,
            CurrentTerm = status.Term,
            Time = 0,
            StateHash = "",
            Members =
            [
                .. status.Members.Select(member => new BackupMember(
                    member.Member.Id, MemberWords.Of(member.Configured.Role), Addresses.Show(member.Member.Url), member.Member.Peer.ToString())),
            ],
        };
    }
}

/// <summary>Why there is no increment since a revision.</summary>
/// <param name="Revision">Where the node stands.</param>
/// <param name="Oldest">The oldest revision that an increment can go on, when the one asked for was dropped; null when it has not happened.</param>
internal sealed record IncrementRefusal(long Revision, long? Oldest);

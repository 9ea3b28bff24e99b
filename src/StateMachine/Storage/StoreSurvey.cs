using System.Collections.Immutable;
using System.Text;

namespace RaftCluster.StateMachine.Storage;

/// <summary>What a store holds, all of it read.</summary>
/// <param name="Position">Where it stands.</param>
/// <param name="OldestRevision">The oldest revision that can be read.</param>
/// <param name="Tables">How many rows each table has now, in the order of the tables' lengths and names; those without rows are left out.</param>
/// <param name="Versions">How many superseded versions and removals its history keeps.</param>
public sealed record StoreSurvey(AppliedPosition Position, long OldestRevision, ImmutableArray<TableRows> Tables, long Versions)
{
    /// <summary>Reads every record of a store that no process has open for use; its folder is only read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="stop">Cancelled to end early.</param>
    /// <exception cref="StorageException">
    /// Something in it is damaged (<see cref="StorageFault.Corrupt"/>), or a newer version of this code made it.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static StoreSurvey Of(string folder, CancellationToken stop = default)
    {
        var database = StoreCopy.OpenToLook(Path.GetFullPath(folder));
        try
        {
            var sizes = new List<TableRows>();
            Walk(database, Family.Rows, (key, value) => Count(sizes, key, value), stop);
            var versions = 0L;
            Walk(
                database,
                Family.History,
                (_, value) =>
                {
                    RowRecord.Read(value);
                    versions++;
                },
                stop);
            Walk(database, Family.Changes, static (_, value) => Follow(value), stop);
            foreach (var family in StoreFormat.FamiliesSince2.Except(database.Lacked))
            {
                Walk(database, family, static (_, _) => { }, stop);
            }

            return new StoreSurvey(
                StoreFormat.ReadPosition(database), StoreFormat.ReadFloor(database), [.. sizes], versions);
        }
        catch (InvariantException damage)
        {
            throw new StorageException(database.Folder, StorageFault.Corrupt, damage.Message, damage);
        }
        finally
        {
            database.Leave();
        }
    }

    private delegate void Visit(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    // RocksDB checks the checksum of each block that it reads.
    private static void Walk(Database database, Family family, Visit visit, CancellationToken stop)
    {
        using var cursor = new Cursor(database, family, snapshot: 0, [], []);
        for (var stands = cursor.First(); stands; stands = cursor.Next())
        {
            stop.ThrowIfCancellationRequested();
            visit(cursor.Key, cursor.Value);
        }
    }

    private static void Count(List<TableRows> sizes, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Invariant.Holds(!RowRecord.Read(value).IsTombstone, "a removed row is in history alone");
        var name = RowKey.TableOf(key);
        if (sizes.Count == 0 || !name.SequenceEqual(Encoding.UTF8.GetBytes(sizes[^1].Name)))
        {
            sizes.Add(new TableRows(Encoding.UTF8.GetString(name), 0));
        }

        sizes[^1] = sizes[^1] with { Rows = sizes[^1].Rows + 1 };
    }

    private static void Follow(ReadOnlySpan<byte> record)
    {
        var changes = new ChangeReader(record);
        while (changes.Next())
        {
        }
    }
}

/// <summary>How many rows a table has.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">How many.</param>
public sealed record TableRows(string Name, long Rows);

using RaftCluster.StateMachine.Storage;
using RocksDbSharp;

namespace RaftCluster.Tests.StateMachine;

/// <summary>Reaches under a closed store.</summary>
internal static class StoreFiles
{
    /// <summary>Puts another record in a store's meta family.</summary>
    public static void Rewrite(string folder, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var database = Database.Open(folder, new RowStoreOptions());
        using var batch = new WriteBatch();
        database.Put(batch, Family.Meta, key, value);
        database.Write(batch);
        database.Flush();
        database.Leave();
    }
}

using System.Runtime.InteropServices;
using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <content>The files that RocksDB keeps a family in.</content>
internal sealed unsafe partial class Database
{
    /// <summary>Adds up a family's files.</summary>
    public FamilyFiles FilesOf(Family family)
    {
        var name = NameOf(family);
        var files = Native.Instance.rocksdb_livefiles(_handle);
        try
        {
            var sum = default(FamilyFiles);
            for (var at = 0; at < Native.Instance.rocksdb_livefiles_count(files); at++)
            {
                if (Marshal.PtrToStringUTF8(Native.Instance.rocksdb_livefiles_column_family_name(files, at)) == name)
                {
                    sum = new FamilyFiles(
                        sum.Bytes + (long)Native.Instance.rocksdb_livefiles_size(files, at),
                        sum.Entries + (long)Native.Instance.rocksdb_livefiles_entries(files, at),
                        sum.Removals + (long)Native.Instance.rocksdb_livefiles_deletions(files, at));
                }
            }

            return sum;
        }
        finally
        {
            Native.Instance.rocksdb_livefiles_destroy(files);
        }
    }

    /// <summary>How many bytes are in memory alone: about what <see cref="Flush"/> writes.</summary>
    public long InMemory()
    {
        var sum = 0UL;
        foreach (var family in _families)
        {
            ulong bytes;
            var unknown = Native.Instance.rocksdb_property_int_cf(_handle, family, "rocksdb.cur-size-all-mem-tables", (nint)(&bytes));
            Invariant.Holds(unknown == 0, "RocksDB measures its memory");
            sum += bytes;
        }

        return (long)sum;
    }

    /// <summary>Reads every block of every file, and compares it with the checksum it was written with.</summary>
    /// <exception cref="StorageException">One differs, or can't be read.</exception>
    public void VerifyChecksums()
    {
        Native.Instance.rocksdb_verify_checksum(_handle, out var error);
        ThrowOn(error);
    }

    /// <summary>Rewrites all of a family without what was removed, and waits for it; others write meanwhile.</summary>
    public void Rewrite(Family family)
    {
        Native.Instance.rocksdb_compact_range_cf(_handle, _families[(int)family], (byte*)null, (nuint)0, (byte*)null, (nuint)0);
        ThrowOnBackgroundErrors();
    }
}

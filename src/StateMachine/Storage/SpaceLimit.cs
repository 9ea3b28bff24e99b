using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Tells RocksDB how much room there is, so that it rewrites files only when the result fits: a rewrite keeps what it replaces
/// until it is done, and one that meets a full disk ends the store. What does not fit is put off.
/// </summary>
/// <remarks>RocksDB's own means for that, its SST file manager, which the binding does not have.</remarks>
internal sealed partial class SpaceLimit
{
    private const string Library = "raftcluster-rocksdb";

    private const ulong FarAway = 1UL << 50;

    private readonly nint _manager;

    static SpaceLimit() => NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), Resolve);

    /// <summary>Makes one for a store that is about to be opened; without <see cref="Set"/> it limits nothing.</summary>
    public SpaceLimit()
    {
        var environment = RocksDbSharp.Native.Instance.rocksdb_create_default_env();
        _manager = CreateManager(environment);
        RocksDbSharp.Native.Instance.rocksdb_env_destroy(environment);
    }

    /// <summary>Has the options of a store name it.</summary>
    public void Join(RocksDbSharp.DbOptions options) => SetManager(options.Handle, _manager);

    /// <summary>How long all files of rows are together.</summary>
    public long Files => (long)TotalSize(_manager);

    /// <summary>Whether who gives room back says how much may be taken, and nobody else.</summary>
    public bool IsGivingBack { get; set; }

    /// <summary>Says how many bytes rewrites may take of what the disk has left now.</summary>
    /// <remarks>
    /// RocksDB begins a rewrite when its files, the inputs of all rewrites and the buffer are within the most that it may take;
    /// and gives up one that is under way, as if the disk had failed, when files and inputs alone are not. So both are set far
    /// away, such that the first is the inputs being within the room, and the second never comes.
    /// </remarks>
    public void Set(long room)
    {
        var left = (ulong)Math.Clamp(room, 0, (long)FarAway);
        SetBuffer(_manager, FarAway + left);
        SetMost(_manager, TotalSize(_manager) + FarAway + (2 * left));
    }

    /// <summary>Lets it go; the store that was opened with it keeps it as long as it needs it.</summary>
    public void Release() => DestroyManager(_manager);

    [LibraryImport(Library, EntryPoint = "rocksdb_sst_file_manager_create")]
    private static partial nint CreateManager(nint environment);

    [LibraryImport(Library, EntryPoint = "rocksdb_sst_file_manager_destroy")]
    private static partial void DestroyManager(nint manager);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_sst_file_manager")]
    private static partial void SetManager(nint options, nint manager);

    [LibraryImport(Library, EntryPoint = "rocksdb_sst_file_manager_set_max_allowed_space_usage")]
    private static partial void SetMost(nint manager, ulong bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_sst_file_manager_set_compaction_buffer_size")]
    private static partial void SetBuffer(nint manager, ulong bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_sst_file_manager_get_total_size")]
    private static partial ulong TotalSize(nint manager);

    /// <summary>The library that the binding has loaded already, whichever of its variants that is.</summary>
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
        {
            return 0;
        }

        _ = RocksDbSharp.Native.Instance;
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            if (module.ModuleName.Contains("rocksdb", StringComparison.OrdinalIgnoreCase)
                && !module.ModuleName.Contains("RocksDbSharp", StringComparison.OrdinalIgnoreCase)
                && !module.ModuleName.EndsWith("Sharp.dll", StringComparison.OrdinalIgnoreCase))
            {
                return NativeLibrary.Load(module.FileName);
            }
        }

        throw new DllNotFoundException("RocksDB's native library is not among the process's modules");
    }
}

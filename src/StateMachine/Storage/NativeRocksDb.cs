using System.Runtime.CompilerServices;
using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Finds RocksDB's native library in a program that is one file. The runtime lays it out into a folder that only the runtime's own
/// search knows; the binding looks with one of its own: beside the program, and in the working directory.
/// </summary>
internal static class NativeRocksDb
{
    private static readonly Lazy<bool> _loaded = new(LoadOnce);

    /// <summary>Sees that the library is loaded. Before that, nothing of RocksDB may be touched.</summary>
    public static void Load() => _ = _loaded.Value;

    /// <summary>
    /// Binds its functions, of which there are hundreds, where that needs nothing that others could notice. A failure is the
    /// next caller's: the runtime keeps it.
    /// </summary>
    public static void BindAhead()
    {
        if (LaidOut() is null)
        {
            RuntimeHelpers.RunClassConstructor(typeof(Native).TypeHandle);
        }
    }

    private static bool LoadOnce()
    {
        if (LaidOut() is not { } folder)
        {
            return true;
        }

        // For a moment, and before the node does anything but open its data by its full path.
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder;
        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(Native).TypeHandle);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }

        return true;
    }

    /// <summary>Where the runtime has laid the library out; null when it is in the program's own folder.</summary>
    private static string? LaidOut()
    {
        var name = OperatingSystem.IsWindows() ? "rocksdb.dll" : OperatingSystem.IsMacOS() ? "librocksdb.dylib" : "librocksdb.so";
        var searched = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string)?.Split(Path.PathSeparator) ?? [];
        return Array.Find(searched, folder => folder.Length > 0 && File.Exists(Path.Combine(folder, name))) is { } found
            && !Path.GetFullPath(found).StartsWith(Path.GetFullPath(AppContext.BaseDirectory), StringComparison.Ordinal)
                ? found
                : null;
    }
}

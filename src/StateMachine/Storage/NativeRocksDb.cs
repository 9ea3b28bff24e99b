using System.Runtime.CompilerServices;
using RocksDbSharp;

namespace RaftCluster.StateMachine.Storage;

/// <summary>
/// Finds RocksDB's native library in a program that is one file. The runtime lays it out into a folder that only the runtime's own
/// search knows; the binding looks with one of its own: beside the program, which it asks the runtime for, and in the working directory.
/// </summary>
internal static class NativeRocksDb
{
    /// <summary>Where the runtime keeps <see cref="AppContext.BaseDirectory"/>: https://learn.microsoft.com/dotnet/core/dependency-loading/default-probing.</summary>
    private const string BaseFolder = "APP_CONTEXT_BASE_DIRECTORY";

    private static readonly Lazy<bool> _loaded = new(LoadOnce);

    /// <summary>Sees that the library is loaded and bound. Before that, nothing of RocksDB may be touched.</summary>
    /// <exception cref="TypeInitializationException">It can't be.</exception>
    public static void Load() => _ = _loaded.Value;

    /// <summary>Binds its functions, of which there are hundreds: what the first opening in a process would wait for.</summary>
    private static bool LoadOnce()
    {
        // For a moment, whoever asks for the program's folder is told that of its libraries.
        var before = AppContext.GetData(BaseFolder);
        AppContext.SetData(BaseFolder, LaidOut() is { } folder ? Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar : before);
        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(Native).TypeHandle);
        }
        finally
        {
            AppContext.SetData(BaseFolder, before);
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

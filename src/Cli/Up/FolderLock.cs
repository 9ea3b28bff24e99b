namespace RaftCluster.Cli.Up;

/// <summary>One <c>up</c> a folder: held by the process, so a killed one leaves nothing locked.</summary>
internal sealed class FolderLock : IDisposable
{
    internal const string FileName = "raftctl.lock";

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <exception cref="UpRefusedException">Another process holds it, or the folder can't be written.</exception>
    internal static FolderLock Take(string folder)
    {
        try
        {
            _ = Directory.CreateDirectory(folder);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new UpRefusedException($"{folder} can't be used: {unwritable.Message}");
        }

        var path = Path.Combine(folder, FileName);
        try
        {
            return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new UpRefusedException($"{folder} is in use by another 'raftctl up'.");
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new UpRefusedException($"{folder} can't be used: {unwritable.Message}");
        }
    }

    public void Dispose() => _file.Dispose();
}

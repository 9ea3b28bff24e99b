namespace RaftCluster.Cli;

/// <summary>
/// A file that has its name only once all of it is on the disk. Until then it has <c>.part</c> behind it, which a later try
/// begins anew.
/// </summary>
internal sealed class SavedFile : IAsyncDisposable
{
    private const string Unfinished = ".part";

    private readonly string _path;
    private readonly FileStream _stream;

    private bool _isSaved;

    private SavedFile(string path, FileStream stream) => (_path, _stream) = (path, stream);

    /// <summary>Where its bytes go.</summary>
    internal Stream Stream => _stream;

    /// <summary>Begins it.</summary>
    /// <exception cref="IOException">It can't be made, or another process is at it.</exception>
    internal static SavedFile Begin(string path)
    {
        path = Path.GetFullPath(path);
        return new SavedFile(path, new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write, FileShare.None));
    }

    /// <summary>Gives it its name, when it is on the disk.</summary>
    /// <param name="overwrites">Whether it takes the place of what has that name.</param>
    /// <exception cref="IOException">The disk failed, or there is something of that name.</exception>
    internal async Task SaveAsync(bool overwrites)
    {
        await _stream.FlushAsync();
        Posix.Sync(_stream.SafeFileHandle, _path);
        await _stream.DisposeAsync();
        File.Move(_path + Unfinished, _path, overwrites);
        _isSaved = true;
        Posix.SyncFolder(Path.GetDirectoryName(_path)!);
    }

    /// <summary>Removes it, unless it was saved.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        if (!_isSaved)
        {
            File.Delete(_path + Unfinished);
        }
    }
}

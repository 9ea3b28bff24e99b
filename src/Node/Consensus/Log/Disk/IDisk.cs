namespace RaftCluster.Node.Consensus.Log.Disk;

/// <summary>How a file is opened.</summary>
internal enum DiskOpen
{
    /// <summary>An existing file, to read only.</summary>
    Read,

    /// <summary>An existing file, to read and write.</summary>
    ReadWrite,

    /// <summary>To read and write; made, empty, when it is not there.</summary>
    Create,
}

/// <summary>
/// Everything the log asks of a disk, so that tests can put one beneath it which forgets, tears and fails. Every
/// member throws <see cref="DiskException"/> when the system reports an error; none retries.
/// </summary>
internal interface IDisk
{
    /// <summary>The names of the files in <paramref name="folder"/>, in any order.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>The names of the folders in <paramref name="folder"/>, in any order.</summary>
    IReadOnlyList<string> ListFolders(string folder);

    /// <summary>Removes a folder and all that is in it. Durable only after <see cref="SyncFolder"/> of the one it is in.</summary>
    void DeleteFolder(string folder);

    /// <summary>Makes <paramref name="folder"/> and what is missing above it, durably. Nothing happens when it is there.</summary>
    void CreateFolder(string folder);

    /// <summary>Opens a file. A new one is durable only after <see cref="SyncFolder"/>.</summary>
    IDiskFile Open(string path, DiskOpen how);

    /// <summary>Renames a closed file, replacing what has the new name. Durable only after <see cref="SyncFolder"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file. Durable only after <see cref="SyncFolder"/>.</summary>
    void Delete(string path);

    /// <summary>Puts the names in <paramref name="folder"/> on the disk.</summary>
    void SyncFolder(string folder);
}

/// <summary>An open file.</summary>
internal interface IDiskFile : IDisposable
{
    /// <summary>Where it is now: follows <see cref="Rename"/>.</summary>
    string Path { get; }

    /// <summary>Its length in bytes.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>.</summary>
    /// <returns>How much was read: less than asked for only at the end of the file.</returns>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all of <paramref name="bytes"/> at <paramref name="offset"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Returns when all that was written, and the length, is on the disk.</summary>
    void Sync();

    /// <summary>Makes the file at least <paramref name="length"/> bytes long and reserves the room where the file system can.</summary>
    void Allocate(long length);

    /// <summary>Cuts the file to <paramref name="length"/>, or lengthens it with zeros.</summary>
    void SetLength(long length);

    /// <summary>Renames the file while it is open. Durable only after <see cref="IDisk.SyncFolder"/>.</summary>
    void Rename(string to);
}

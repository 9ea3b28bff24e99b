namespace RaftCluster.Tests.Node.Log;

/// <summary>A folder of this test's own, gone when it ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("raft-log-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

using System.Text;
using RaftCluster.Node;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Log;

public sealed class VoteStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<(int Code, string Message)> _fatal = [];

    private string VotePath => Path.Combine(_folder.Path, LogFolder.Vote);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_node_is_in_term_0_and_has_voted_for_nobody()
    {
        using var store = Open();
        Assert.Equal((0, 0), (store.Term, store.VotedFor.Length));
    }

    [Fact]
    public void What_was_saved_is_read_again()
    {
        using (var store = Open())
        {
            store.Save(3, "n1"u8);
            store.Save(7, "n2"u8);
            Assert.Equal("n2", Encoding.UTF8.GetString(store.VotedFor.Span));
        }

        using var again = Open();
        Assert.Equal((7, "n2"), (again.Term, Encoding.UTF8.GetString(again.VotedFor.Span)));
        Assert.False(again.WasMended);
    }

    [Fact]
    public void A_term_that_falls_or_a_name_that_is_too_long_breaks_an_invariant()
    {
        using var store = Open();
        store.Save(3, "n1"u8);

        Assert.Throws<InvariantException>(() => store.Save(2, "n1"u8));
        Assert.Throws<InvariantException>(() => store.Save(4, new byte[65]));
        Assert.Equal(3, store.Term);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(VoteFile.CopyDistance)]
    public void A_damaged_copy_is_mended_from_the_other(int copy)
    {
        using (var store = Open())
        {
            store.Save(7, "n2"u8);
        }

        Flip(copy + 30);
        using (var store = Open())
        {
            Assert.Equal((7, "n2"), (store.Term, Encoding.UTF8.GetString(store.VotedFor.Span)));
            Assert.True(store.WasMended);
        }

        using var again = Open();
        Assert.False(again.WasMended);
    }

    [Fact]
    public void Two_damaged_copies_stop_the_node()
    {
        Open().Dispose();
        Flip(30);
        Flip(VoteFile.CopyDistance + 30);

        Assert.Throws<LogFailedException>(Open);

        var (code, message) = Assert.Single(_fatal);
        Assert.Equal(ExitCode.Corrupt, code);
        Assert.Contains(VotePath, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vote_file_missing_beside_a_log_with_entries_stops_the_node()
    {
        Open().Dispose();
        await using (var log = SegmentedLog.Open(_folder.Path, new SegmentedLogOptions { SegmentBytes = 8192 }))
        {
            Assert.True(await log.SyncAsync(log.Append(1, LogEntryKind.Empty, default)));
        }

        File.Delete(VotePath);

        Assert.Throws<LogFailedException>(Open);
        Assert.Equal(ExitCode.Corrupt, Assert.Single(_fatal).Code);
        Assert.Contains(VotePath, _fatal[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vote_file_missing_beside_an_empty_log_is_a_crash_at_the_very_beginning()
    {
        await SegmentedLog.Open(_folder.Path, new SegmentedLogOptions { SegmentBytes = 8192 }).DisposeAsync();

        using var store = Open();
        Assert.Equal(0, store.Term);
    }

    [Fact]
    public void A_log_missing_beside_a_used_vote_file_stops_the_node()
    {
        using (var store = Open())
        {
            store.Save(2, "n1"u8);
        }

        Assert.Throws<LogFailedException>(() => SegmentedLog.Open(_folder.Path, new SegmentedLogOptions(), (code, message) => _fatal.Add((code, message))));
        Assert.Equal(ExitCode.Corrupt, Assert.Single(_fatal).Code);
    }

    private VoteStore Open() => VoteStore.Open(_folder.Path, (code, message) => _fatal.Add((code, message)));

    private void Flip(int offset)
    {
        var bytes = File.ReadAllBytes(VotePath);
        bytes[offset] ^= 1;
        File.WriteAllBytes(VotePath, bytes);
    }
}

using System.Text;
using System.Text.Json;
using RaftCluster.Node;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.Node.LogTool;
using RaftCluster.StateMachine;

namespace RaftCluster.Tests.Node.Log;

public sealed class LogToolTests : IDisposable
{
    private static readonly SegmentedLogOptions _options = new()
    {
        SegmentBytes = 1 << 20,
        MarkAfter = Timeout.InfiniteTimeSpan,
        PrepareAhead = false,
    };

    private readonly TemporaryFolder _folder = new();

    private string Data => Directory.CreateDirectory(Path.Combine(_folder.Path, "n1")).FullName;

    private string LogFolderPath => Path.Combine(Data, "log");

    [Fact]
    public async Task A_dump_tells_what_every_record_holds_and_replaces()
    {
        await WriteAsync();

        var (code, lines, error) = Run("dump", Data);

        Assert.Equal((ExitCode.Ok, ""), (code, error));
        string[] expected =
        [
            "a segment begins, after index 0 of term 0",
            "1     1  empty                 0",
            "put kv a (5 bytes) if absent; delete kv \"b\\n\"; delete-range kv [c, \"\")",
            "put kv x (1 bytes)",
            "put kv y (0 bytes) if revision-in 1 2",
            "put kv z (1 bytes)  [replaces 3 to 4 of terms 1 to 1]",
            "mark",
        ];
        Assert.Equal(expected.Length, lines.Length - 1);
        Assert.All(expected.Zip(lines.Skip(1)), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dump_in_JSON_is_an_object_a_line()
    {
        await WriteAsync();

        var (code, lines, _) = Run("dump", LogFolderPath, "--json", "--from", "3", "--to", "3");

        Assert.Equal((ExitCode.Ok, 2), (code, lines.Length));
        var (old, replacing) = (JsonDocument.Parse(lines[0]).RootElement, JsonDocument.Parse(lines[1]).RootElement);
        Assert.Equal(("entry", 3, 1), (Text(old, "record"), Number(old, "index"), Number(old, "term")));
        Assert.Equal(("command", 3, 2), (Text(replacing, "kind"), Number(replacing, "index"), Number(replacing, "term")));
        Assert.False(old.TryGetProperty("replaces", out _));
        Assert.Equal((3, 4), (Number(replacing.GetProperty("replaces"), "first"), Number(replacing.GetProperty("replaces"), "last")));
        Assert.NotEqual(Text(old, "payloadHash"), Text(replacing, "payloadHash"));
        var transaction = Assert.Single(old.GetProperty("transactions").EnumerateArray());
        Assert.Equal(("put", "kv", "x"), (Text(transaction, "op"), Text(transaction, "table"), Text(transaction, "key")));
        Assert.Equal(1, Number(transaction, "valueLength"));
    }

    [Fact]
    public async Task Transactions_of_several_operations_are_told_with_their_frames()
    {
        var key = "a"u8.ToArray();
        await WriteAsync(EntryCodec.ComposeEntry(
            RequestId.None,
            1,
            EntryCodec.EncodeFramed(
                new IdempotencyTerms("once", 255, 60_000, 10),
                [new Fence("lock", 7)],
                EntryCodec.EncodeTransaction(new Transaction(
                    [new TableRequirement("users", 3)],
                    [Condition.OnNumber("kv", key, ConditionSubject.Version, Comparison.Less, 5)],
                    [
                        new Operation.Put("kv", key, "value"u8.ToArray(), null, new LeaseTerm(0, 100)),
                        new Operation.Add("kv", key, "n", "1.5"u8.ToArray()),
                        new Operation.Delete("kv", key),
                        new Operation.Get("kv", key),
                    ],
                    [new Operation.Range("kv", key, default, 10)]))),
            EntryCodec.EncodeTransaction(Transaction.Of(
                new Operation.EndLeases([3, 4], 2), new Operation.ReleaseLock("lock", "me", 7, Force: false, DropGuard: true))),
            EntryCodec.EncodeTransaction(Transaction.Of(
                new Operation.AcquireLock("lock", "me", 100, Queue: true, [new Guard("kv", "jobs/")])))));

        var text = string.Join('\n', Run("dump", Data).Lines);
        var json = Run("dump", Data, "--json").Lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Last(line => line.TryGetProperty("transactions", out _)).GetProperty("transactions");

        Assert.Contains(
            "key once fence lock;7 if kv a version lt 5 then {put kv a (5 bytes) for 100 ms, add kv a n 1.5, delete kv a, 1 more} "
            + "else {range kv [a, \"\")}; {end-leases 3 4 in term 2, release-lock lock of me with fence 7}; "
            + "{acquire-lock lock for me or wait}",
            text,
            StringComparison.Ordinal);
        Assert.Equal(
            """
            {"idempotency":{"key":"once","requestHash":"000000000000000000000000000000ff","keepForMs":60000,"keepAtMost":10},
            "fences":[{"lock":"lock","fence":7}],"op":"transaction","requires":[{"table":"users","revision":3}],
            "if":[{"table":"kv","key":"a","subject":"version","comparison":"lt","number":5}],
            "then":[{"op":"put","table":"kv","key":"a","valueLength":5,"ttlMs":100},
            {"op":"add","table":"kv","key":"a","column":"n","amount":"1.5"},{"op":"delete","table":"kv","key":"a"},
            {"op":"get","table":"kv","key":"a"}],"else":[{"op":"range","table":"kv","start":"a","end":"","limit":10,
            "keysOnly":false,"countOnly":false,"descending":false}]}
            """.ReplaceLineEndings(""),
            json[0].GetRawText());
        Assert.Equal(
            """{"op":"acquire-lock","lock":"lock","owner":"me","ttlMs":100,"queue":true,"guard":[{"table":"kv","prefix":"jobs/"}]}""",
            json[2].GetProperty("then")[0].GetRawText());
    }

    [Fact]
    public async Task A_key_that_is_no_text_is_shown_in_hexadecimal_and_in_base_64()
    {
        await WriteAsync(Put([0xff, 0x1b], "v"));

        Assert.Contains("put kv 0xff1b (1 bytes)", string.Join('\n', Run("dump", Data).Lines), StringComparison.Ordinal);
        Assert.Contains("\"key64\":\"/xs=\"", string.Join('\n', Run("dump", Data, "--json").Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sound_log_is_verified()
    {
        await WriteAsync();

        var (code, lines, _) = Run("verify", Data);

        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("records   5, by which 2 entries were replaced", lines);
        Assert.Contains("entries   1 of term 1 to 3 of term 2", lines);
        Assert.Equal("sound", lines[^1]);
    }

    [Fact]
    public async Task Damage_is_told_with_file_offset_and_index_and_ends_with_7()
    {
        await WriteAsync();
        Flip(Path.Combine(LogFolderPath, LogFolder.SegmentName(1)), 4096 + 48 + 60);

        var (code, lines, _) = Run("verify", Data);
        var json = JsonDocument.Parse(Assert.Single(Run("verify", Data, "--json").Lines)).RootElement;

        Assert.Equal(ExitCode.Corrupt, code);
        var told = Assert.Single(lines, line => line.StartsWith("DAMAGED", StringComparison.Ordinal));
        Assert.Contains("0000000000000001.log at offset 4144:", told, StringComparison.Ordinal);
        Assert.EndsWith("index 2 on", told, StringComparison.Ordinal);
        Assert.Equal("damaged in 1 place", lines[^1]);
        var damage = Assert.Single(json.GetProperty("damage").EnumerateArray());
        Assert.Equal((false, 4144, 2), (json.GetProperty("sound").GetBoolean(), Number(damage, "offset"), Number(damage, "index")));
        Assert.Equal(ExitCode.Corrupt, Run("dump", Data, "--from", "100").Code);
    }

    [Fact]
    public async Task A_torn_tail_is_told_and_is_no_damage()
    {
        await WriteAsync(Put("last"u8.ToArray(), "v"));
        var file = Path.Combine(LogFolderPath, LogFolder.SegmentName(1));
        var last = Run("dump", Data, "--json").Lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Last(line => Text(line, "record") == "entry").GetProperty("offset").GetInt64();
        // Without the mark behind it nothing proves that the last record was ever synced.
        using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.Position = last + 60;
            stream.Write(new byte[4096]);
        }

        var (code, lines, _) = Run("verify", Data);

        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains(
            lines, line => line.StartsWith($"tail      torn in {LogFolder.SegmentName(1)} at offset {last}:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Segments_from_before_a_new_beginning_are_void_and_nothing_in_them_counts()
    {
        await WriteAsync();
        var first = Path.Combine(LogFolderPath, LogFolder.SegmentName(1));
        var kept = await File.ReadAllBytesAsync(first, TestContext.Current.CancellationToken);
        await using (var log = SegmentedLog.Open(LogFolderPath, _options, (_, message) => Assert.Fail(message)))
        {
            await log.BeginAnewAsync(40, 2);
        }

        // As after a crash between the new beginning and the removal of what was before it; and damaged at that.
        kept[4096 + 60] ^= 1;
        await File.WriteAllBytesAsync(first, kept, TestContext.Current.CancellationToken);
        var (code, lines, _) = Run("verify", Data);
        Assert.Equal((ExitCode.Ok, "sound"), (code, lines[^1]));
        Assert.Contains("segments  1", lines);
        Assert.Contains("void      1, of before the log began anew behind a snapshot: the next start removes them", lines);
        Assert.Contains("entries   none after entry 40 of term 2", lines);

        await using (var log = SegmentedLog.Open(LogFolderPath, _options, (_, message) => Assert.Fail(message)))
        {
            Assert.False(File.Exists(first));
            log.Append(2, LogEntryKind.Command, Put("after"u8.ToArray(), "v"));
            Assert.True(await log.SyncAsync(41));
        }

        await File.WriteAllBytesAsync(first, kept, TestContext.Current.CancellationToken);
        var json = JsonDocument.Parse(Assert.Single(Run("verify", Data, "--json").Lines)).RootElement;
        Assert.True(json.GetProperty("sound").GetBoolean());
        Assert.Equal((1, 1, 41, 41), (Number(json, "void"), Number(json, "records"), Number(json, "firstIndex"), Number(json, "lastIndex")));
        var dumped = Run("dump", Data, "--json").Lines.Select(line => Text(JsonDocument.Parse(line).RootElement, "record"));
        Assert.Equal(["void", "segment", "entry", "mark"], dumped);
        Assert.Contains(
            Run("dump", Data).Lines,
            line => line.EndsWith("void: the log begins anew in 0000000000000002.log, and the next start removes this segment", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_vote_that_is_gone_or_older_than_the_log_is_damage()
    {
        await WriteAsync();
        var vote = Path.Combine(LogFolderPath, LogFolder.Vote);
        File.Delete(vote);
        Assert.Contains(Run("verify", Data).Lines, line => line.Contains("missing beside a log", StringComparison.Ordinal));

        var other = Path.Combine(_folder.Path, "other");
        VoteStore.Open(other).Dispose();
        File.Copy(Path.Combine(other, LogFolder.Vote), vote);
        Assert.Contains(Run("verify", Data).Lines, line => line.Contains("holds an entry of term 2", StringComparison.Ordinal));
    }

    [Fact]
    public void Records_that_do_not_follow_each_other_are_damage()
    {
        static LogFinding At(long offset, long index, long term, long previous) =>
            new LogFinding.Written("a.log", offset, new LogEntry(index, term, LogEntryKind.Empty, default), previous, 0);

        var steps = new LogWalk().Follow(
        [
            new LogFinding.SegmentBegins("a.log", 1, 0, 0, false), At(1, 1, 1, 0), At(2, 3, 1, 1), At(3, 4, 2, 3), At(4, 5, 2, 2),
            new LogFinding.SegmentBegins("b.log", 2, 4, 2, false),
        ]).ToList();

        Assert.Equal(
            [("a.log", 2L, 3L), ("a.log", 3L, 4L), ("b.log", 0L, 6L)],
            steps.Where(step => step.Finding is LogFinding.Damaged)
                .Select(step => (step.Finding.File, step.Finding.Offset, step.Index!.Value)));
    }

    [Fact]
    public async Task A_folder_in_use_is_read_and_that_is_said()
    {
        var options = ((OptionsRead.Sound)OptionReader.Read(["--node", "n1", "--data", Data], new Dictionary<string, string>())).Options;
        Assert.Null(DataFolder.Open(Data, out var held));
        Assert.Null(held!.Claim(NodeIdentity.Of(options), options.Stated));
        using (held)
        {
            await WriteAsync();
            var (code, _, error) = Run("verify", LogFolderPath);
            Assert.Equal(ExitCode.Ok, code);
            Assert.Contains($"process {Environment.ProcessId} uses this folder", error, StringComparison.Ordinal);
        }

        Assert.Empty(Run("verify", Data).Error);
    }

    [Theory]
    [InlineData(ExitCode.DataFolder, "is not there", "dump", "nowhere")]
    [InlineData(ExitCode.DataFolder, "is neither a node's data folder nor its log folder", "verify", ".")]
    [InlineData(ExitCode.Usage, "dump or verify")]
    [InlineData(ExitCode.Usage, "neither dump nor verify", "show")]
    [InlineData(ExitCode.Usage, "needs a folder", "dump")]
    [InlineData(ExitCode.Usage, "--from needs an index", "dump", ".", "--from", "x")]
    [InlineData(ExitCode.Usage, "'--from' means nothing to log verify", "verify", ".", "--from", "1")]
    public void A_wrong_command_line_or_folder_is_told(int code, string said, params string[] words)
    {
        var ran = Run([.. words.Select(word => word is "." or "nowhere" ? Path.Combine(Data, word) : word)]);

        Assert.Equal((code, 0), (ran.Code, ran.Lines.Length));
        Assert.StartsWith("raftcluster-node: ", ran.Error, StringComparison.Ordinal);
        Assert.Contains(said, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_nodes_is_answered_with_the_name_of_one()
    {
        await WriteAsync();

        var (code, _, error) = Run("verify", _folder.Path);

        Assert.Equal(ExitCode.DataFolder, code);
        Assert.Contains($"did you mean {Data}?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dump_that_nobody_reads_any_more_ends_early_and_well()
    {
        await WriteAsync([.. Enumerable.Range(0, 600).Select(i => Put(Encoding.UTF8.GetBytes($"k{i}"), "v"))]);

        var whole = Run("dump", Data);
        using var output = new MemoryStream();
        var code = LogCommand.Run(["dump", Data], output, TextWriter.Null, () => true);

        Assert.Equal((ExitCode.Ok, ExitCode.Ok), (whole.Code, code));
        Assert.Equal(256 + 1, Encoding.UTF8.GetString(output.ToArray()).Count('\n'));
        Assert.True(whole.Lines.Length > 600);
    }

    public void Dispose() => _folder.Dispose();

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private static (int Code, string[] Lines, string Error) Run(params string[] words)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        var code = LogCommand.Run(words, output, error, () => false);
        return (code, Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries), error.ToString());
    }

    private static byte[] Put(byte[] key, string value, Precondition? when = null) =>
        Entry(new Command.Put("kv", key, Encoding.UTF8.GetBytes(value), null, when ?? Precondition.None));

    private static byte[] Entry(params Command[] commands) => EntryCodec.ComposeEntry(
        new RequestId(1, 2), 3, [.. commands.Select(command => (ReadOnlyMemory<byte>)EntryCodec.EncodeTransaction(command))]);

    private static void Flip(string file, long offset)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.Position = offset;
        var one = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(one ^ 1));
    }

    /// <summary>A log whose third and fourth entry were replaced by one of term 2, then some more.</summary>
    private async Task WriteAsync(params byte[][] more)
    {
        using var votes = VoteStore.Open(LogFolderPath, (_, message) => Assert.Fail(message));
        await using var log = SegmentedLog.Open(LogFolderPath, _options, (_, message) => Assert.Fail(message));
        votes.Save(2, "n1"u8);
        log.Append(1, LogEntryKind.Empty, default);
        Assert.True(await log.SyncAsync(1));
        log.Append(1, LogEntryKind.Command, Entry(
            new Command.Put("kv", "a"u8.ToArray(), "hello"u8.ToArray(), null, Precondition.Absent),
            new Command.Delete("kv", "b\n"u8.ToArray(), Precondition.None),
            new Command.DeleteRange("kv", "c"u8.ToArray(), default)));
        log.Append(1, LogEntryKind.Command, Put("x"u8.ToArray(), "1"));
        log.Append(1, LogEntryKind.Command, Put("y"u8.ToArray(), "", Precondition.RevisionIn(1, 2)));
        Assert.True(await log.SyncAsync(4));
        log.Append([new LogEntry(3, 2, LogEntryKind.Command, Put("z"u8.ToArray(), "1"))], committed: 2);
        foreach (var entry in more)
        {
            log.Append(2, LogEntryKind.Command, entry);
        }

        Assert.True(await log.SyncAsync(log.LastIndex));
    }
}

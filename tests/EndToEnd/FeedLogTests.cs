using System.Globalization;
using System.Text;
using RaftCluster.Client;
using RaftCluster.Node.Consensus.Log;
using RaftCluster.StateMachine;
using RaftCluster.Tests.EndToEnd.Cluster;
using RaftCluster.Tests.StateMachine;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>
/// The feed against the log itself: what nodes have on their disks in the end, read there and played by the model, is what
/// every consumer was given; rows of tables, transactions, and what goes with leases.
/// </summary>
public sealed class FeedLogTests : ClusterTests
{
    private const int Kills = 3;
    private const int Writers = 4;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_moved_and_killed_consumers_see_is_what_the_log_on_the_disks_says()
    {
        using var client = Client();
        _ = await client.Tables.DefineAsync(
            "t",
            new TableDefinition { Columns = [new Column("s", ColumnType.Text), new Column("n", ColumnType.Number).WithDefault("0")] },
            cancellation: Cancellation);
        using var stop = new CancellationTokenSource();
        var done = 0;
        var writers = Enumerable.Range(0, Writers).Select(number => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await WriteAsync(client, number, i);
                Interlocked.Increment(ref done);
            }
        })).ToArray();
        var (whole, late) = (new Consumer(from: 1), new Consumer(from: 0));
        for (var kill = 0; kill < Kills; kill++)
        {
            var before = Volatile.Read(ref done);
            await Eventually.HoldsAsync("writes go on", TestCluster.StartBound, async () =>
            {
                await Task.WhenAll(writers.Where(writer => writer.IsCompleted));
                return Volatile.Read(ref done) > before + 40;
            });
            // Each run is a process of its own, begins with another node, and has but the cursor of the last.
            await whole.RunAsync(Endpoints(kill), whole.Events.Count + 30);
            await late.RunAsync(Endpoints(kill + 1), late.Events.Count + 30);
            var leader = await Cluster.LeaderAsync();
            await leader.KillAsync();
            await whole.RunAsync(Endpoints(kill + 2), whole.Events.Count + 20);
            leader.Start();
            await Cluster.ReadyAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await Eventually.HoldsAsync("all leases have ended", TestCluster.StartBound, async () =>
            await client.Table("$leases").CountAsync(new RangeQuery(), cancellation: Cancellation) == 0);
        var revision = await Cluster.SameStateAsync(1, TestCluster.StartBound);
        await whole.RunAsync(Endpoints(0), (int)revision);
        await late.UntilAsync(Endpoints(1), revision);
        var shown = await RowsAsync(client, revision);
        var hash = (await Cluster.Nodes[0].ViewAsync())!.StateHash;

        foreach (var node in Cluster.Nodes)
        {
            await node.KillAsync();
            var (log, position) = Replay(node);
            Assert.Equal((revision, hash), (position.Revision, position.StateHash.ToString("x32", CultureInfo.InvariantCulture)));
            Assert.Equal(log, whole.Events);
            Assert.Equal(log.Skip((int)late.First), late.Events);
        }

        Assert.Equal(shown, late.Rows);
        Assert.Contains(whole.Events, each => each.Contains("delete $leases", StringComparison.Ordinal) && each.Contains("delete kv ttl/", StringComparison.Ordinal));
        Assert.Contains(whole.Events, each => each.Contains("insert t txn/", StringComparison.Ordinal) && each.Contains("update kv count", StringComparison.Ordinal));
    }

    private static async Task WriteAsync(RaftClusterClient client, int number, int i)
    {
        var table = client.Table("t");
        var key = $"{number}/{i}";
        switch (i % 5)
        {
            case 0:
                var row = RowAddress.In("t", $"txn/{key}");
                var committed = await client.Transaction().If(row.Absent()).Then(
                    row.Put(Encoding.UTF8.GetBytes($$"""{"s":"{{key}}","n":1.50}""")), RowAddress.Kv("count").Add(1), RowAddress.Kv($"brief/{number}").Delete())
                    .CommitAsync(cancellation: Cancellation);
                Assert.True(committed.Succeeded);
                break;
            case 1:
                var made = await table.InsertAsync("""{"s":"made"}"""u8.ToArray(), cancellation: Cancellation);
                _ = await table.PatchAsync(made.Key, """{"n":2}"""u8.ToArray(), cancellation: Cancellation);
                break;
            case 2:
                _ = await client.PutAsync($"ttl/{key}", "v"u8.ToArray(), new() { TimeToLive = TimeSpan.FromSeconds(1) }, Cancellation);
                break;
            case 3:
                var lease = await client.Leases.GrantAsync(TimeSpan.FromMinutes(5), cancellation: Cancellation);
                _ = await client.PutAsync($"leased/{key}", new byte[] { 0, 255 }, new() { Lease = lease.Id }, Cancellation);
                _ = await table.PutAsync($"leased/{key}", """{"s":"leased"}"""u8.ToArray(), new() { Lease = lease.Id }, Cancellation);
                Assert.True(await client.Leases.RevokeAsync(lease.Id, cancellation: Cancellation));
                break;
            default:
                _ = await client.PutAsync($"brief/{number}", Encoding.UTF8.GetBytes(key), cancellation: Cancellation);
                _ = await table.DeleteAsync($"txn/{number}/{i - 4}", cancellation: Cancellation);
                break;
        }
    }

    /// <summary>All rows of users, read as a client reads them.</summary>
    private static async Task<SortedDictionary<string, string>> RowsAsync(RaftClusterClient client, long revision)
    {
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var read = new ReadOptions { Revision = revision };
        await foreach (var row in client.ListAsync(new RangeQuery(), read, cancellation: Cancellation))
        {
            rows.Add($"kv {row.Key}", Convert.ToHexString(row.Value.Span));
        }

        await foreach (var row in client.Table("t").ListAsync(new RangeQuery(), read, cancellation: Cancellation))
        {
            rows.Add($"t {row.Key}", Convert.ToHexString(row.Value.Span));
        }

        return rows;
    }

    /// <summary>Reads a stopped node's log from its disk, and has the model do what it says.</summary>
    private static (List<string> Events, AppliedPosition Position) Replay(NodeProcess node)
    {
        var entries = new SortedDictionary<long, LogEntry>();
        foreach (var written in LogInspector.Read(Path.Combine(node.Settings.Data, "log")).OfType<LogFinding.Written>())
        {
            foreach (var replaced in entries.Keys.Where(index => index >= written.Entry.Index).ToList())
            {
                entries.Remove(replaced);
            }

            entries.Add(written.Entry.Index, written.Entry with { Payload = written.Entry.Payload.ToArray() });
        }

        Assert.Equal(Enumerable.Range(1, entries.Count).Select(index => (long)index), entries.Keys);
        using var model = new ModelStore();
        foreach (var entry in entries.Values)
        {
            model.Apply(entry.Index, entry.Term, entry.Kind == LogEntryKind.Command ? entry.Payload : default);
        }

        using var picture = model.Read();
        using var walk = picture.Changes(new ChangePlace(1));
        var events = new List<string>();
        while (walk.NextTransaction())
        {
            var changes = new List<string>();
            while (walk.NextChange())
            {
                var (before, after) = (walk.ReadBefore(), walk.ReadAfter());
                changes.Add(Describe(
                    walk.Operation.ToString(), Encoding.UTF8.GetString(walk.Table), Encoding.UTF8.GetString(walk.Key), before?.Value, after?.Value, (after ?? before)!.Lease));
            }

            events.Add($"{walk.Revision} of term {walk.Term}, index {walk.Index}: {string.Join("; ", changes)}");
        }

        return (events, picture.Position);
    }

    private static string Describe(
        string operation, string table, string key, ReadOnlyMemory<byte>? before, ReadOnlyMemory<byte>? after, long lease) =>
        $"{operation.ToLowerInvariant()} {table} {key} {Show(before)} -> {Show(after)} on {lease}";

    private static string Show(ReadOnlyMemory<byte>? value) => value is { } bytes ? Convert.ToHexString(bytes.Span) : "none";

    private RaftClusterClient Client() => new(new RaftClusterOptions { Endpoints = [.. Endpoints(0)], Patience = TimeSpan.FromSeconds(60) });

    private IEnumerable<Uri> Endpoints(int first) =>
        Cluster.Nodes.Select((_, at) => Cluster.Nodes[(first + at) % Cluster.Nodes.Count].Settings.Http);

    /// <summary>Follows everything, and keeps what it was given and where to go on.</summary>
    private sealed class Consumer(long from)
    {
        private long? _cursor = from;

        /// <summary>What it was given of transactions.</summary>
        public List<string> Events { get; } = [];

        /// <summary>All rows of users, from those that the feed began with and what happened since.</summary>
        public SortedDictionary<string, string> Rows { get; } = new(StringComparer.Ordinal);

        /// <summary>The revision whose rows the feed began with.</summary>
        public long First { get; private set; }

        /// <summary>Runs, with nothing but its cursor, until it has been given so many transactions.</summary>
        public Task RunAsync(IEnumerable<Uri> endpoints, int count) => RunAsync(endpoints, () => Events.Count >= count);

        /// <summary>Runs until it has been given everything up to a revision.</summary>
        public Task UntilAsync(IEnumerable<Uri> endpoints, long revision) => RunAsync(endpoints, () => _cursor > revision);

        private async Task RunAsync(IEnumerable<Uri> endpoints, Func<bool> isEnough)
        {
            if (isEnough())
            {
                return;
            }

            using var client = new RaftClusterClient([.. endpoints]);
            var feed = client.Follow(new FeedQuery { From = _cursor });
            await foreach (var change in feed.WithCancellation(Cancellation))
            {
                if (change.BeginsSnapshot)
                {
                    Assert.Empty(Events);
                    Rows.Clear();
                }

                foreach (var each in change.Changes)
                {
                    Take(each);
                }

                if (change.IsSnapshot)
                {
                    First = change.Revision;
                    continue;
                }

                Assert.Equal(Events.Count == 0 && First == 0 ? 1 : First + Events.Count + 1, change.Revision);
                Events.Add($"{change.Revision} of term {change.Term}, index {change.Index}: " + string.Join("; ", change.Changes.Select(
                    each => Describe(each.Kind.ToString(), each.Table, each.Key, each.Before?.Value, each.After?.Value, each.Lease ?? 0))));
                _cursor = change.Revision + 1;
                if (isEnough())
                {
                    return;
                }
            }
        }

        private void Take(Change change)
        {
            if (change.Table is "kv" or "t")
            {
                Rows.Remove($"{change.Table} {change.Key}");
                if (change.After is { } after)
                {
                    Rows.Add($"{change.Table} {change.Key}", Convert.ToHexString(after.Value.Span));
                }
            }
        }
    }
}

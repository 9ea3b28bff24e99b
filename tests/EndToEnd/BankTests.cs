using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Banking;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd;

/// <summary>A bank over two tables: whatever is killed, no money is made or lost, not in any read and not in any revision.</summary>
public sealed class BankTests : ClusterTests
{
    private const int Clients = 6;
    private const int Readers = 4;
    private const int Kills = 4;
    private const int DoneARound = 60;
    private const int CountsARound = 3;
    private static readonly TimeSpan ProgressBound = TimeSpan.FromSeconds(90);

    private readonly Random _random = new(5);

    [Fact]
    public async Task A_hundred_accounts_keep_their_total_in_every_read_while_leaders_are_killed()
    {
        var opened = await OpenAsync();
        await using var tellers = new Tellers(Cluster);
        await using var auditors = new Auditors(Cluster, opened);
        tellers.Start(Clients);
        auditors.Start(Readers);
        for (var kill = 0; kill < Kills; kill++)
        {
            await ProgressAsync(tellers, auditors);
            // The last time all at once, else who leads.
            var victims = kill == Kills - 1 ? Cluster.Nodes : [await Cluster.LeaderAsync()];
            await TestCluster.KillAsync(victims);
            if (victims.Count == 1)
            {
                await Cluster.LeaderAsync();
                await ProgressAsync(tellers, auditors);
            }

            Cluster.StartAll();
            await Cluster.ReadyAsync();
        }

        await ProgressAsync(tellers, auditors);
        await tellers.FinishAsync();
        await auditors.FinishAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{string.Join(", ", tellers.Settled.GroupBy(settled => settled.Fate).Select(fate => $"{fate.Count()} {fate.Key}"))}; counted: {auditors}");

        var revision = await Cluster.SameStateAsync(opened, ProgressBound);
        var balances = await ReplayAsync(Cluster.Nodes[0], opened, revision);
        var happened = await TransfersAsync(revision);
        AssertKept(tellers.Settled, happened, balances);
        await AssertRepeatedAsync(tellers.Settled);
        Assert.Equal(revision, await Cluster.SameStateAsync(revision, ProgressBound));
    }

    /// <summary>Makes the table, and all accounts in one transaction.</summary>
    /// <returns>Its revision.</returns>
    private async Task<long> OpenAsync()
    {
        var node = Cluster.Nodes[0];
        var table = await node.Client.SendAsync(
            HttpMethod.Put, $"/v1/tables/{Account.Table}", """{"columns":[{"name":"balance","type":"number"}]}""");
        Assert.True(table.Status == 201, table.ToString());
        var opened = await node.Client.SendAsync(
            HttpMethod.Post, "/v1/txn", $"{{\"then\":[{string.Join(',', Account.All.Select(account => account.Open))}]}}");
        Assert.True(opened.Status == 200, opened.ToString());
        return opened.Json.GetProperty("revision").GetInt64();
    }

    private static Task ProgressAsync(Tellers tellers, Auditors auditors)
    {
        var (done, counts) = (tellers.Done + DoneARound, auditors.Rounds + CountsARound);
        return Eventually.HoldsAsync(
            $"{DoneARound} more transfers, and {CountsARound} more counts in every way",
            ProgressBound,
            async () =>
            {
                await tellers.CheckAsync();
                await auditors.CheckAsync();
                return tellers.Done >= done && auditors.Rounds >= counts;
            },
            () => $"{done - tellers.Done} transfers to do; counted: {auditors}");
    }

    /// <summary>Plays the log from the opening on, and counts at each revision.</summary>
    /// <returns>The balances at its end.</returns>
    private static async Task<Dictionary<Account, long>> ReplayAsync(NodeProcess node, long opened, long revision)
    {
        var balances = new Dictionary<Account, long>();
        for (var next = opened; next <= revision;)
        {
            var batch = await node.Client.SendAsync(HttpMethod.Get, $"/v1/changes?from={next}", body: null, ("Accept", "application/json"));
            Assert.True(batch.Status == 200, batch.ToString());
            foreach (var transaction in batch.Json.GetProperty("events").EnumerateArray())
            {
                Assert.Equal(next++, transaction.GetProperty("revision").GetInt64());
                foreach (var change in transaction.GetProperty("changes").EnumerateArray())
                {
                    if (Account.Of(change.GetProperty("table").GetString()!, change.GetProperty("key").GetString()!) is { } account)
                    {
                        balances[account] = Balance(change.GetProperty("after"));
                    }
                }

                Assert.Equal(Account.Total, balances.Values.Sum());
            }
        }

        return balances;
    }

    private static long Balance(JsonElement side) =>
        Account.Balance(side.TryGetProperty("value", out var value) ? value : side);

    /// <summary>The rows that transfers left, from every node's own copy, which must be one.</summary>
    private async Task<Dictionary<string, string>> TransfersAsync(long revision)
    {
        var copies = new List<Dictionary<string, string>>();
        foreach (var node in Cluster.Nodes)
        {
            var answer = await node.Client.SendAsync(
                HttpMethod.Get,
                $"/v1/kv?prefix={Transfer.Prefix}&rev={revision}&limit=100000",
                body: null,
                ("Raft-Consistency", "local"));
            Assert.True(answer.Status == 200, answer.ToString());
            copies.Add(answer.Json.GetProperty("items").EnumerateArray().ToDictionary(
                item => item.GetProperty("key").GetString()![Transfer.Prefix.Length..], item => item.GetProperty("value").GetString()!));
        }

        Assert.All(copies, copy => Assert.Equal(copies[0], copy));
        return copies[0];
    }

    /// <summary>What was answered is so, what was unknown is whole or not at all, and the balances are those of what happened, once each.</summary>
    private static void AssertKept(IReadOnlyCollection<Settled> tried, Dictionary<string, string> happened, Dictionary<Account, long> balances)
    {
        var expected = Account.All.ToDictionary(account => account, _ => (long)Account.Opening);
        foreach (var (transfer, fate, answer) in tried)
        {
            var row = happened.GetValueOrDefault(transfer.Id);
            Assert.True(
                fate switch { Fate.Done => row is not null, Fate.Unknown => true, _ => row is null },
                $"{transfer.Id} was {fate} ({answer}), and {(row is null ? "did not happen" : "happened")}");
            if (row is not null)
            {
                Assert.Equal($"{transfer.From.Number} {transfer.To.Number} {transfer.Amount}", row);
                expected[transfer.From] -= transfer.Amount;
                expected[transfer.To] += transfer.Amount;
            }
        }

        Assert.Equal(tried.Count, tried.Select(settled => settled.Transfer.Id).Distinct().Count());
        Assert.Empty(happened.Keys.Except(tried.Select(settled => settled.Transfer.Id)));
        Assert.Equal(expected, balances);
    }

    /// <summary>A key answers the same again, from any node, and nothing happens a second time.</summary>
    private async Task AssertRepeatedAsync(IEnumerable<Settled> tried)
    {
        foreach (var settled in _random.GetItems([.. tried.Where(settled => settled.Transfer.IsKeyed)], 20))
        {
            var again = await Tellers.SendAsync(settled.Transfer, Cluster.Nodes[_random.Next(Cluster.Nodes.Count)]);
            Assert.Equal((200, settled.Answer, "true"), (again.Status, again.Text, again.Headers.GetValueOrDefault("Raft-Replayed")));
        }
    }
}

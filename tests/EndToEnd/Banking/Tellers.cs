using System.Collections.Concurrent;
using System.Globalization;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Banking;

/// <summary>
/// Clients that move money through all nodes in turn: by adding, and by comparing revisions of what they read from any
/// node's own, perhaps old, copy. Most carry an idempotency key and are sent until they are settled; the others are sent once.
/// </summary>
internal sealed class Tellers(TestCluster cluster) : Crowd
{
    private static readonly TimeSpan SettleBound = TimeSpan.FromSeconds(90);

    private readonly ConcurrentQueue<Settled> _settled = [];
    private int _done;

    /// <summary>Every transfer that was tried.</summary>
    public IReadOnlyCollection<Settled> Settled => _settled;

    /// <summary>How many were done so far.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <inheritdoc/>
    protected override async Task WorkAsync(int number)
    {
        var random = new Random(number);
        for (var i = 0; !IsOver; i++)
        {
            var (first, id) = (number + i, $"{number}-{i}");
            var from = new Account(random.Next(Account.Count));
            var to = new Account((from.Number + 1 + random.Next(Account.Count - 1)) % Account.Count);
            var (amount, isKeyed) = (1 + random.Next(200), random.Next(4) > 0);
            var transfer = random.Next(2) == 0
                ? Transfer.Of(id, from, to, amount, isKeyed, from.Has(amount), $"{from.Add(-amount)},{to.Add(amount)}")
                : await ReadAsync(id, from, to, amount, isKeyed, first);
            if (transfer is not null)
            {
                var settled = isKeyed ? await SettleAsync(transfer, first) : await TryAsync(transfer, Node(first));
                _settled.Enqueue(settled);
                if (settled.Fate == Fate.Done)
                {
                    Interlocked.Increment(ref _done);
                }
            }
        }
    }

    /// <summary>Reads both accounts as some node has them, and makes the transfer that holds if they are still so.</summary>
    private async Task<Transfer?> ReadAsync(string id, Account from, Account to, int amount, bool isKeyed, int first)
    {
        try
        {
            var (payer, payee) = (await ReadAsync(from, Node(first)), await ReadAsync(to, Node(first + 1)));
            return payer is null || payee is null
                ? null
                : Transfer.Of(
                    id, from, to, amount, isKeyed,
                    $"{from.IsAt(payer.Value.Revision)},{to.IsAt(payee.Value.Revision)}",
                    $"{from.Set(payer.Value.Balance - amount)},{to.Set(payee.Value.Balance + amount)}");
        }
        catch (HttpRequestException)
        {
            // It is killed, or not up yet.
            return null;
        }
    }

    private static async Task<(string Revision, long Balance)?> ReadAsync(Account account, NodeProcess node)
    {
        var answer = await node.Client.SendAsync(HttpMethod.Get, account.Path, body: null, ("Raft-Consistency", "local"));
        // A node that was started again may not have the opening of the bank yet.
        Assert.True(answer.Status is 200 or 404 or 503 or 504, answer.ToString());
        return answer.Status != 200
            ? null
            : (answer.Headers["ETag"].Trim('"'),
                account.HasColumns ? Account.Balance(answer.Json) : long.Parse(answer.Text, CultureInfo.InvariantCulture));
    }

    /// <summary>Sends it once, without a key: what is unknown stays unknown.</summary>
    private static async Task<Settled> TryAsync(Transfer transfer, NodeProcess node)
    {
        try
        {
            var answer = await node.Client.SendAsync(HttpMethod.Post, "/v1/txn", transfer.Body);
            return new(transfer, Read(answer, isKeyed: false), answer.Text);
        }
        catch (HttpRequestException unreached)
        {
            return new(transfer, unreached.HttpRequestError == HttpRequestError.ConnectionError ? Fate.Refused : Fate.Unknown, "");
        }
    }

    /// <summary>Sends it under its key, to one node after the other, until it is known what became of it.</summary>
    private Task<Settled> SettleAsync(Transfer transfer, int first) => Eventually.HasAsync(
        $"the transfer {transfer.Id} is settled",
        SettleBound,
        async () =>
        {
            try
            {
                var answer = await SendAsync(transfer, Node(first++));
                var fate = Read(answer, isKeyed: true);
                return fate is Fate.Done or Fate.Declined ? new Settled(transfer, fate, answer.Text) : null;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        });

    /// <summary>Sends it under its key.</summary>
    public static Task<Answer> SendAsync(Transfer transfer, NodeProcess node) => node.Client.SendAsync(
        HttpMethod.Post, "/v1/txn", transfer.Body, ("Idempotency-Key", transfer.Id), ("Raft-Wait", "2s"));

    private static Fate Read(Answer answer, bool isKeyed)
    {
        if (answer.Status == 200)
        {
            return answer.Json.GetProperty("succeeded").GetBoolean() ? Fate.Done : Fate.Declined;
        }

        Assert.True(answer.Status is 503 or 504, answer.ToString());
        var retryable = answer.Json.GetProperty("retryable").GetBoolean();
        switch (answer.Outcome)
        {
            case "not-applied":
                return Fate.Refused;
            case "unknown":
                Assert.True(retryable == isKeyed, $"an unknown outcome may be settled by its key, and without one must not be tried: {answer}");
                return Fate.Unknown;
            default:
                Assert.Fail($"no outcome of a transaction: {answer}");
                return default;
        }
    }

    private NodeProcess Node(int number) => cluster.Nodes[number % cluster.Nodes.Count];
}

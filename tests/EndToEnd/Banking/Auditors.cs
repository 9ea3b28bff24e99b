using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using RaftCluster.Tests.EndToEnd.Cluster;

namespace RaftCluster.Tests.EndToEnd.Banking;

/// <summary>Clients that count all the money, through any node, in every way in which it can be read, while it moves and nodes die.</summary>
internal sealed class Auditors : Crowd
{
    private readonly TestCluster _cluster;
    private readonly long _opened;
    private readonly ConcurrentDictionary<string, int> _counts = [];
    private long _newest;

    /// <summary>Makes them.</summary>
    /// <param name="cluster">The nodes.</param>
    /// <param name="opened">The revision that opened the accounts.</param>
    public Auditors(TestCluster cluster, long opened) => (_cluster, _opened, _newest) = (cluster, opened, opened);

    /// <summary>The ways in which it is counted.</summary>
    public static IReadOnlyList<string> Ways { get; } =
        ["linearizable", "session", "bounded", "local", "past", "pages over all nodes", "lines", "transaction"];

    /// <summary>How often the money was counted in the way that was finished least often.</summary>
    public int Rounds => Ways.Min(way => _counts.GetValueOrDefault(way));

    /// <summary>The numbers, for people.</summary>
    public override string ToString() => string.Join(", ", Ways.Select(way => $"{way} {_counts.GetValueOrDefault(way)}"));

    /// <inheritdoc/>
    protected override async Task WorkAsync(int number)
    {
        var visit = new Visit();
        for (var i = number; !IsOver; i++)
        {
            var way = Ways[i % Ways.Count];
            // Once through all ways with each node.
            var at = i / Ways.Count;
            try
            {
                if (await CountAsync(way, visit, at) is not { } balances)
                {
                    continue;
                }

                if (visit.Revision < _opened)
                {
                    // A node that was started again, or is slow, shows what was before the bank.
                    Assert.True(balances.Count == 0 && visit.MayBeOld, $"{way} at revision {visit.Revision}: {balances.Count} accounts");
                }
                else
                {
                    Assert.True(balances.Count == Account.Count, $"{way}: {balances.Count} accounts");
                    Assert.True(balances.Values.Sum() == Account.Total, $"{way} at revision {visit.Revision}: {balances.Values.Sum()} instead of {Account.Total}");
                    _counts.AddOrUpdate(way, 1, static (_, count) => count + 1);
                }
            }
            catch (HttpRequestException)
            {
                // It is killed, or not up yet.
            }
        }
    }

    /// <summary>Counts once.</summary>
    /// <returns>Null when some node could not answer.</returns>
    private async Task<Dictionary<Account, long>?> CountAsync(string way, Visit visit, int at)
    {
        var node = Node(at);
        return way switch
        {
            "session" when visit.Session is null => null,
            "session" => await CountAsync(visit, at, turn: 0, rev: null, ("Raft-Consistency", "session"), ("Raft-Session", visit.Session)),
            "bounded" => await CountAsync(visit, at, turn: 0, rev: null, ("Raft-Consistency", "bounded"), ("Raft-Max-Staleness", "10s")),
            "local" => await CountAsync(visit, at, turn: 0, rev: null, ("Raft-Consistency", "local")),
            "past" => await CountAsync(visit, at, turn: 0, rev: _opened + (at * 31 % (Interlocked.Read(ref _newest) - _opened + 1))),
            "pages over all nodes" => await CountAsync(visit, at, turn: 1, rev: null),
            "lines" => await LinesAsync(visit, node),
            "transaction" => await TransactAsync(visit, node),
            _ => await CountAsync(visit, at, turn: 0, rev: null),
        };
    }

    /// <summary>Both tables, page by page, at the revision of the first page.</summary>
    private async Task<Dictionary<Account, long>?> CountAsync(Visit visit, int at, int turn, long? rev, params (string, string)[] headers)
    {
        visit.MayBeOld = headers.Length > 0;
        // A page can't be had from a node that is down: the next one is asked instead.
        var nodes = turn == 0 ? _cluster.Nodes : [.. _cluster.Awake];
        if (nodes.Count == 0)
        {
            return null;
        }

        var balances = new Dictionary<Account, long>();
        var limit = turn == 0 ? "" : "&limit=17";
        foreach (var (table, list) in new[] { ("kv", $"/v1/kv?prefix={Account.Prefix}"), (Account.Table, $"/v1/tables/{Account.Table}/rows?prefix=") })
        {
            var query = list + limit + (rev is null ? "" : $"&rev={rev}");
            string? next = null;
            do
            {
                var target = next is null ? query : $"{query}&after={Uri.EscapeDataString(next)}";
                var answer = await nodes[at % nodes.Count].Client.SendAsync(HttpMethod.Get, target, body: null, headers);
                at += turn;
                if (!IsAnswer(answer, visit.MayBeOld))
                {
                    return null;
                }

                visit.Answered(answer);
                var page = answer.Json;
                var revision = page.GetProperty("revision").GetInt64();
                Assert.True(rev is null || rev == revision, $"a page at {revision} of a picture at {rev}");
                rev = visit.Revision = revision;
                foreach (var item in page.GetProperty("items").EnumerateArray())
                {
                    Add(balances, table, item, revision);
                }

                next = page.TryGetProperty("next", out var token) && token.ValueKind == JsonValueKind.String ? token.GetString() : null;
            }
            while (next is not null);
        }

        Note(rev!.Value);
        return balances;
    }

    /// <summary>Both tables as streams of lines, the second at the revision that the first says in its header.</summary>
    private static async Task<Dictionary<Account, long>?> LinesAsync(Visit visit, NodeProcess node)
    {
        visit.MayBeOld = false;
        var balances = new Dictionary<Account, long>();
        long? rev = null;
        foreach (var (table, list) in new[] { ("kv", $"/v1/kv?prefix={Account.Prefix}"), (Account.Table, $"/v1/tables/{Account.Table}/rows?prefix=") })
        {
            var answer = await node.Client.SendAsync(
                HttpMethod.Get, rev is null ? list : $"{list}&rev={rev}", body: null, ("Accept", "application/x-ndjson"));
            if (!IsAnswer(answer))
            {
                return null;
            }

            visit.Answered(answer);
            rev = visit.Revision = rev ?? answer.Number("Raft-Revision");
            foreach (var line in Encoding.UTF8.GetString(answer.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                using var item = JsonDocument.Parse(line);
                Add(balances, table, item.RootElement, rev.Value);
            }
        }

        return balances;
    }

    /// <summary>Both tables in one transaction that changes nothing.</summary>
    private static async Task<Dictionary<Account, long>?> TransactAsync(Visit visit, NodeProcess node)
    {
        visit.MayBeOld = false;
        var answer = await node.Client.SendAsync(
            HttpMethod.Post,
            "/v1/txn",
            $$"""{"then":[{"op":"range","prefix":"{{Account.Prefix}}"},{"op":"range","table":"{{Account.Table}}"}]}""");
        if (!IsAnswer(answer))
        {
            return null;
        }

        visit.Answered(answer);
        visit.Revision = answer.Json.GetProperty("revision").GetInt64();
        var balances = new Dictionary<Account, long>();
        foreach (var (table, result) in new[] { "kv", Account.Table }.Zip(answer.Json.GetProperty("results").EnumerateArray()))
        {
            foreach (var item in result.GetProperty("items").EnumerateArray())
            {
                Add(balances, table, item, visit.Revision);
            }
        }

        return balances;
    }

    private static void Add(Dictionary<Account, long> balances, string table, JsonElement item, long revision)
    {
        Assert.InRange(item.GetProperty("revision").GetInt64(), 1, revision);
        balances.Add(Account.Of(table, item.GetProperty("key").GetString()!)!.Value, Account.Balance(item.GetProperty("value")));
    }

    /// <summary>Whether it is an answer; else the node said that it can't give one.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="mayBeOld">Whether the node's own copy was asked for, which knows less than it did when the node was started again.</param>
    private static bool IsAnswer(Answer answer, bool mayBeOld = false)
    {
        var isBehind = mayBeOld && answer.Status is (400 or 404);
        Assert.True(answer.Status is 200 or 503 or 504 || isBehind, answer.ToString());
        return answer.Status == 200 && !isBehind;
    }

    private void Note(long revision)
    {
        for (var seen = Interlocked.Read(ref _newest); seen < revision;)
        {
            seen = Interlocked.CompareExchange(ref _newest, revision, seen);
        }
    }

    private NodeProcess Node(int number) => _cluster.Nodes[number % _cluster.Nodes.Count];

    /// <summary>What one auditor remembers.</summary>
    private sealed class Visit
    {
        public string? Session { get; private set; }

        public long Revision { get; set; }

        /// <summary>Whether it asked for less than the newest.</summary>
        public bool MayBeOld { get; set; }

        public void Answered(Answer answer) => Session = answer.Session;
    }
}

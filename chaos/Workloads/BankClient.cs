using System.Globalization;
using System.Text.Json;
using RaftCluster.Chaos.Cluster;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Looks at all accounts, on any node, fresh or old, and moves amounts between two of them.</summary>
internal sealed class BankClient(ClientWorld world, Random chance) : Client(world, chance, Workload.Bank)
{
    /// <summary>How every account's name begins.</summary>
    public const string Prefix = "bank/";

    private const int Accounts = 8;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override int MostRest => 60;

    /// <summary>Opens the accounts.</summary>
    public async Task OpenAsync()
    {
        for (var number = 0; number < Accounts; number++)
        {
            var account = $"{Prefix}{number}";
            if (!await Until.IsAsync(
                _patience, async () => (await WriteAsync(Ask(OperationKind.Write, account) with { Value = "100" })).Done.Outcome == Outcome.Ok))
            {
                throw new HarnessException($"{account} could not be opened within {_patience.TotalSeconds} s, before anything was broken");
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var list = await ListAsync(Prefix, Chance.Next(2) == 0 ? Consistency.Linearizable : Consistency.Local);
        if (list is { Outcome: Outcome.Ok, Rows.Count: Accounts })
        {
            var rows = list.Rows.ToArray();
            Chance.Shuffle(rows);
            await TransferAsync(rows[0], rows[1]);
        }
    }

    private async Task TransferAsync(ListedRow from, ListedRow to)
    {
        var held = long.Parse(from.Value, CultureInfo.InvariantCulture);
        var amount = Chance.NextInt64(held + 1);
        var sum = long.Parse(to.Value, CultureInfo.InvariantCulture) + amount;
        var body = string.Create(CultureInfo.InvariantCulture, $$"""
            {"if":[{"key":"{{from.Key}}","revision":{{from.Revision}}},{"key":"{{to.Key}}","revision":{{to.Revision}}}],
             "then":[{"op":"put","key":"{{from.Key}}","value":"{{held - amount}}"},{"op":"put","key":"{{to.Key}}","value":"{{sum}}"}]}
            """);
        await DoAsync(
            Ask(OperationKind.Transfer, $"{from.Key}>{to.Key}") with { Value = amount.ToString(CultureInfo.InvariantCulture) },
            "POST",
            "/v1/txn",
            body,
            (answer, asked) =>
            {
                if (answer.Status != 200)
                {
                    return null;
                }

                using var json = JsonDocument.Parse(answer.Body);
                return json.RootElement.GetProperty("succeeded").GetBoolean()
                    ? asked with { Outcome = Outcome.Ok, Revision = json.RootElement.GetProperty("revision").GetInt64() }
                    : asked with { Outcome = Outcome.Failed, Error = "an account had changed" };
            },
            ("Content-Type", "application/json"));
    }
}

using System.Globalization;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Writes rows that nobody wrote before, some of them long, so that logs grow.</summary>
internal sealed class LedgerClient(ClientWorld world, Random chance, int number) : Client(world, chance, Workload.Ledger)
{
    /// <summary>How every row's name begins.</summary>
    public const string Prefix = "ledger/";

    private const char Filled = '/';
    private const int MostBytes = 6_000;

    private int _rows;

    /// <summary>A value without what fills it: the history keeps that alone, which no other write has.</summary>
    public static string Short(string value) => value.Split(Filled)[0];

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}/{++_rows}");
        var value = NewValue();
        var filler = Chance.Next(4) == 0 ? Chance.GetString("abcdefghijklmnopqrstuvwxyz234567", Chance.Next(MostBytes)) : "";
        await DoAsync(
            Ask(OperationKind.Write, key) with { Value = value },
            "PUT",
            $"/v1/kv/{key}",
            $"{value}{Filled}{filler}",
            (answer, asked) => answer.Status is 200 or 201
                ? asked with { Outcome = Outcome.Ok, Revision = NumberOf(answer, "revision") }
                : null);
    }
}

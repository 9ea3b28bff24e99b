using System.Globalization;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Workloads;

/// <summary>Writes rows that nobody wrote before, and long ones over and over, so that logs grow.</summary>
internal sealed class LedgerClient(ClientWorld world, Random chance, int number) : Client(world, chance, Workload.Ledger)
{
    /// <summary>How every row's name begins.</summary>
    public const string Prefix = "ledger/";

    /// <summary>How the name of a long row begins.</summary>
    public const string FillerPrefix = "filler/";

    private const char Filled = '/';
    private const int MostBytes = 4_000;

    private int _rows;

    /// <summary>A value without what fills it: the history keeps that alone, which no other write has.</summary>
    public static string Short(string value) => value.Split(Filled)[0];

    /// <summary>A value, and so many bytes after it that don't compress away.</summary>
    public static string Long(string? value, Random chance, int bytes) =>
        $"{value}{Filled}{chance.GetString("abcdefghijklmnopqrstuvwxyz234567", bytes)}";

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}/{++_rows}");
        var asked = Ask(OperationKind.Write, key) with { Value = NewValue() };
        await PutAsync(asked, asked.Value);
        if (Chance.Next(2) == 0)
        {
            // Not a row of the ledger, which is read whole at the end.
            var row = string.Create(CultureInfo.InvariantCulture, $"{FillerPrefix}{number}");
            asked = Ask(OperationKind.Write, row) with { Workload = Workload.Filler, Value = NewValue() };
            await PutAsync(asked, Long(asked.Value, Chance, Chance.Next(MostBytes)));
        }
    }

    private async Task PutAsync(Operation asked, string body) => await DoAsync(
        asked,
        "PUT",
        $"/v1/kv/{asked.Key}",
        body,
        (answer, question) => answer.Status is 200 or 201
            ? question with { Outcome = Outcome.Ok, Revision = NumberOf(answer, "revision") }
            : null);
}

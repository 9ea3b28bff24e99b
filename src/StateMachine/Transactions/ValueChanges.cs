using System.Buffers;
using System.Text.Json;
using RaftCluster.StateMachine.Json;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>The operations that make a row's value out of the one it had. The row stays with its lease.</summary>
internal sealed class ValueChanges(Overlay rows)
{
    private const string Text = "text/plain";

    private static readonly byte[] NoObject = "{}"u8.ToArray();

    public OperationResult? Patch(Operation.Patch patch, out OperationFailure? failure)
    {
        failure = null;
        if (rows.Find(patch.Table, patch.Key.Span) is not { } row)
        {
            return new OperationResult.Patched(Found: false, 0);
        }

        return Merge(patch.Table, row, patch.Value, patch.KeepNulls, out failure) is { } version
            ? new OperationResult.Patched(Found: true, version)
            : null;
    }

    public OperationResult? Add(Operation.Add add, out OperationFailure? failure)
    {
        var row = rows.Find(add.Table, add.Key.Span);
        if (row is null && add.MustExist)
        {
            failure = new OperationFailure.Impossible(FailureKind.RowAbsent, "there is no row of this key");
            return null;
        }

        return add.Column is { } column ? AddToColumn(add, row, column, out failure) : AddToValue(add, row, out failure);
    }

    private OperationResult.Added? AddToValue(Operation.Add add, Row? row, out OperationFailure? failure)
    {
        if (Sum(row is null ? "0"u8 : row.Value.Span, "the row's value is no number", add.Amount.Span, out failure) is not { } sum)
        {
            return null;
        }

        var contentType = row is null ? Text : row.ContentType;
        return new OperationResult.Added(sum, rows.Put(add.Table, add.Key.Span, contentType, sum, row?.Lease ?? 0));
    }

    private OperationResult.Added? AddToColumn(Operation.Add add, Row? row, string column, out OperationFailure? failure)
    {
        using var json = JsonText.TryParse(row?.Value ?? NoObject);
        if (json?.RootElement.ValueKind != JsonValueKind.Object)
        {
            failure = NotAnObject("the row's value is no JSON object");
            return null;
        }

        var isThere = json.RootElement.TryGetProperty(column, out var member);
        var number = isThere && member.ValueKind != JsonValueKind.Null
            ? System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(member)
            : isThere || row is null || add.Missing.IsEmpty ? "0"u8
            : add.Missing.Span;
        if (Sum(number, $"column {column} is no number", add.Amount.Span, out failure) is not { } sum)
        {
            return null;
        }

        var patch = new ArrayBufferWriter<byte>();
        patch.Write("{"u8);
        JsonText.WriteString(patch, column);
        patch.Write(":"u8);
        patch.Write(sum);
        patch.Write("}"u8);
        row ??= new Row(add.Key, NoObject, SystemTables.ContentType, 0, 0, 0);
        return Merge(add.Table, row, patch.WrittenMemory, keepNulls: false, out failure) is { } version
            ? new OperationResult.Added(sum, version)
            : null;
    }

    private long? Merge(string table, Row row, ReadOnlyMemory<byte> with, bool keepNulls, out OperationFailure? failure)
    {
        using var target = JsonText.TryParse(row.Value);
        using var patch = JsonText.TryParse(with);
        if (target?.RootElement.ValueKind != JsonValueKind.Object || patch?.RootElement.ValueKind != JsonValueKind.Object)
        {
            failure = NotAnObject(
                patch?.RootElement.ValueKind != JsonValueKind.Object ? "the patch is no JSON object" : "the row's value is no JSON object");
            return null;
        }

        var merged = MergePatch.Apply(target.RootElement, patch.RootElement, keepNulls);
        failure = merged.Length > Transaction.MaximumMadeValueLength
            ? new OperationFailure.Impossible(FailureKind.OutOfRange, "the row's value would be longer than 4 MiB")
            : null;
        return failure is null ? rows.Put(table, row.Key.Span, row.ContentType, merged, row.Lease) : null;
    }

    private static byte[]? Sum(ReadOnlySpan<byte> number, string otherwise, ReadOnlySpan<byte> amount, out OperationFailure? failure)
    {
        failure = null;
        if (!DecimalText.TryParse(amount, out var added))
        {
            failure = new OperationFailure.Impossible(FailureKind.NotANumber, "the amount is no number");
        }
        else if (!DecimalText.TryParse(number, out var before))
        {
            failure = new OperationFailure.Impossible(FailureKind.NotANumber, otherwise);
        }
        else if (before.TryAdd(added, out var sum))
        {
            return sum;
        }

        failure ??= new OperationFailure.Impossible(
            FailureKind.OutOfRange, "a number has more than 1,000 digits before or after the point");
        return null;
    }

    private static OperationFailure.Impossible NotAnObject(string detail) => new(FailureKind.NotAnObject, detail);
}

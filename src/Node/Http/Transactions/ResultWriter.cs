using System.Collections.Immutable;
using System.Text.Json;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http.Transactions;

/// <summary>Writes what a transaction did.</summary>
internal static class ResultWriter
{
    /// <summary>The answer.</summary>
    /// <param name="transacted">What was done.</param>
    /// <param name="operations">The operations of the branch that was taken.</param>
    /// <param name="formOf">How a table's rows are shown.</param>
    public static byte[] Show(
        Outcome.Transacted transacted, ImmutableArray<OperationInput> operations, Func<string, RowForm> formOf) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        WriteAll(json, transacted, operations, formOf);
        json.WriteEndObject();
    });

    /// <summary>The members of the answer.</summary>
    /// <param name="json">Where they go.</param>
    /// <param name="transacted">What was done.</param>
    /// <param name="operations">The operations of the branch that was taken.</param>
    /// <param name="formOf">How a table's rows are shown.</param>
    public static void WriteAll(
        Utf8JsonWriter json, Outcome.Transacted transacted, ImmutableArray<OperationInput> operations, Func<string, RowForm> formOf)
    {
        Invariant.Holds(transacted.Results.Length == operations.Length, "each operation has its result");
        json.WriteBoolean("succeeded", transacted.Succeeded);
        json.WriteNumber("revision", transacted.Revision);
        json.WriteStartArray("results");
        for (var at = 0; at < operations.Length; at++)
        {
            json.WriteStartObject();
            json.WriteString("op", operations[at].Name);
            Write(json, transacted, operations[at], transacted.Results[at], formOf);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The members that tell what the only operation of a transaction did.</summary>
    public static void WriteOnly(Utf8JsonWriter json, Outcome.Transacted transacted, OperationInput operation)
    {
        Invariant.Holds(transacted.Results.Length == 1 && !operation.IsRead, "it is one operation, which writes");
        var result = transacted.Results[0];
        if (result is OperationResult.Deleted or OperationResult.Patched { Found: false })
        {
            json.WriteNumber("revision", transacted.Revision);
        }

        Write(json, transacted, operation, result, static table => throw new InvariantException($"no rows of {table} are shown"));
    }

    private static void Write(
        Utf8JsonWriter json, Outcome.Transacted transacted, OperationInput operation, OperationResult result, Func<string, RowForm> formOf)
    {
        switch (result)
        {
            case OperationResult.Written written:
                WriteWritten(json, transacted.Revision, written.Version);
                if (operation.MakesKey)
                {
                    json.WriteString("key", written.Key.Span);
                }

                if (written.Lease > 0)
                {
                    json.WriteNumber("lease", written.Lease);
                }

                break;
            case OperationResult.Deleted deleted:
                json.WriteBoolean("deleted", deleted.Existed);
                break;
            case OperationResult.RangeDeleted deleted:
                json.WriteNumber("deleted", deleted.Count);
                break;
            case OperationResult.Got got:
                json.WritePropertyName("row");
                WriteRow(json, got.Row, formOf(operation.Table));
                break;
            case OperationResult.Ranged ranged:
                Write(json, operation, ranged, formOf);
                break;
            case OperationResult.Patched patched:
                json.WriteBoolean("found", patched.Found);
                if (patched.Found)
                {
                    WriteWritten(json, transacted.Revision, patched.Version);
                }

                break;
            case OperationResult.Added added:
                json.WritePropertyName("value");
                json.WriteRawValue(added.Value.Span, skipInputValidation: true);
                WriteWritten(json, transacted.Revision, added.Version);
                break;
            default:
                throw new InvariantException($"no answer for {result}");
        }
    }

    private static void Write(
        Utf8JsonWriter json, OperationInput operation, OperationResult.Ranged ranged, Func<string, RowForm> formOf)
    {
        if (!operation.CountOnly)
        {
            var form = formOf(operation.Table);
            json.WriteStartArray("items");
            foreach (var row in ranged.Rows)
            {
                ItemWriter.Write(json, row, form, operation.KeysOnly);
            }

            json.WriteEndArray();
        }

        json.WriteNumber("count", ranged.Count);
        json.WriteBoolean("more", ranged.More);
    }

    private static void WriteRow(Utf8JsonWriter json, Row? row, RowForm form)
    {
        if (row is null)
        {
            json.WriteNullValue();
        }
        else
        {
            ItemWriter.Write(json, row, form, keysOnly: false);
        }
    }

    private static void WriteWritten(Utf8JsonWriter json, long revision, long version)
    {
        json.WriteNumber("revision", revision);
        json.WriteNumber("version", version);
    }
}

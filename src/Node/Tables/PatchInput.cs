using System.Text.Json;

namespace RaftCluster.Node.Tables;

/// <summary>Checks what is to be merged into a row (RFC 7396): whatever the row is, the merged one must fit its table.</summary>
internal static class PatchInput
{
    /// <summary>Reads a patch.</summary>
    /// <param name="definition">The table's definition.</param>
    /// <param name="json">What was sent, which is strict JSON already.</param>
    /// <param name="patch">The patch to propose.</param>
    /// <returns>What is wrong with it, a column's fault at the column's name; null when nothing is.</returns>
    public static Fault? Read(TableDefinition definition, JsonElement json, out byte[] patch)
    {
        patch = [];
        if (RowInput.CheckObject(json) is { } wrong)
        {
            return wrong;
        }

        foreach (var member in json.EnumerateObject())
        {
            if (Check(definition, member) is { } fault)
            {
                return fault;
            }
        }

        patch = JsonText.Of(json);
        return null;
    }

    private static Fault? Check(TableDefinition definition, in JsonProperty member)
    {
        if (definition.IsFree)
        {
            return null;
        }

        var at = definition.PlaceOf(member.Name);
        return at < 0 ? definition.Unknown(member.Name) : RowInput.Check(definition.Columns[at], member.Value);
    }
}

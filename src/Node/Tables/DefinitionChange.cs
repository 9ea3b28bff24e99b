using System.Collections.Immutable;

namespace RaftCluster.Node.Tables;

/// <summary>
/// What becomes of a definition that another one replaces. Rows that are there already stay as they are, so a change is
/// taken only if each of them can be shown as the new definition says.
/// </summary>
internal static class DefinitionChange
{
    /// <summary>Decides a change.</summary>
    /// <param name="before">The definition so far.</param>
    /// <param name="wanted">The one that a caller sent.</param>
    /// <param name="after">The one to keep: the wanted one, and what older rows show in the columns they lack.</param>
    /// <returns>Why it can't be; null when it can.</returns>
    public static Fault? Decide(TableDefinition before, TableDefinition wanted, out TableDefinition after)
    {
        after = wanted;
        if (before.Key != wanted.Key)
        {
            return new Fault("key", "can't change: the rows that are there have the keys they have");
        }

        if (before.IsFree != wanted.IsFree)
        {
            return new Fault("columns", before.IsFree
                ? "can't be given to a table whose rows are any JSON objects: make a new table"
                : "can't be dropped altogether: make a new table, whose rows are any JSON objects");
        }

        if (wanted.IsFree)
        {
            return null;
        }

        var columns = ImmutableArray.CreateBuilder<Column>(wanted.Columns.Length);
        for (var at = 0; at < wanted.Columns.Length; at++)
        {
            var column = wanted.Columns[at];
            var place = before.PlaceOf(column.Name);
            var fault = place < 0 ? Add(column, out column) : Change(before.Columns[place], column, out column);
            if (fault is not null)
            {
                return fault.In(Places.Member("", wanted.Columns[at].Name));
            }

            columns.Add(column);
        }

        after = wanted with { Columns = columns.MoveToImmutable() };
        return null;
    }

    private static Fault? Add(Column added, out Column kept)
    {
        kept = added with { Earlier = (added.Default as ColumnDefault.Constant)?.Json };
        return kept.Nullable || kept.Earlier is not null
            ? null
            : new Fault("", "is new and has nothing for the rows that are there: it must be nullable, or have a constant default");
    }

    private static Fault? Change(Column before, Column wanted, out Column kept)
    {
        kept = wanted with { Earlier = before.Earlier };
        if (before.Type != wanted.Type && wanted.Type != ColumnType.Any)
        {
            return new Fault("", $"can't become {wanted.Type.Name()}: it is {before.Type.Name()}, and can only become any");
        }

        return before.Nullable && !wanted.Nullable
            ? new Fault("", "can't stop to be nullable: there may be rows without a value in it")
            : null;
    }
}

using System.Text;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>The name of a table in a path.</summary>
internal static class TablePath
{
    /// <summary>Reads the name of a table that is to be read.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Read(Call call, out string table)
    {
        table = call.TableText;
        if (table == TableNames.KeyValue)
        {
            return null;
        }

        table = PercentEncoding.Decode(table) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";
        return Check("table", table);
    }

    /// <summary>Reads the name of a table that is to be written.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? ReadForWriting(Call call, out string table) =>
        Read(call, out table) ?? CheckWritable("table", table);

    /// <summary>Whether a name is one that a table can have.</summary>
    public static Problem? Check(string field, string table) =>
        SystemTables.IsSystem(table) || TableNames.IsValid(table)
            ? null
            : Problem.Malformed(field, $"{field} is no name of a table: {TableNames.Form}");

    /// <summary>Whether a table is one that callers may write.</summary>
    public static Problem? CheckWritable(string field, string table) =>
        SystemTables.IsSystem(table)
            ? Problem.Malformed(field, $"{table} is the cluster's own table: it can be read, not written")
            : null;

    /// <summary>What is answered when there is no such table.</summary>
    public static Problem Absent(string table, string? field = null) =>
        new(ProblemCode.TableAbsent, $"there is no table '{table}'", field);
}

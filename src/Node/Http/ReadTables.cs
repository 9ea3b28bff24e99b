using System.Text;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>GET /v1/tables</c> and <c>HEAD</c>: all tables, the built-in one first.</summary>
internal sealed class ReadTables : RowsRead
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = ReadRevision(in call.Query, out var revision)
            ?? call.Query.RefuseRest("rev")
            ?? (DeleteRange.Conditions(call.Terms) is { } header
                ? Problem.Malformed(header, $"{header} is about one table; a list has no entity tag")
                : null);
        return problem is not null
            ? call.RefuseAsync(problem)
            : Reads.AnswerAsync(call, new ReadTables { Revision = revision });
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, IRowReader picture)
    {
        using (picture)
        {
            if (CheckHistory(picture) is { } compacted)
            {
                return call.RefuseAsync(compacted);
            }

            call.SetHeaders(StatusCodes.Status200OK, picture.Position.Revision);
            call.Response.ContentType = "application/json";
            return call.EndAsync(Show(call.Api.Definitions, picture, In(picture)));
        }
    }

    private static byte[] Show(Definitions definitions, IRowReader picture, long revision) => JsonText.Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("revision", revision);
        json.WriteStartArray("items");
        TableSize? Size(string table) => revision == picture.Position.Revision ? picture.SizeOf(table) : null;
        TableWriter.WriteItem(json, Table.KeyValue, Size(TableNames.KeyValue));
        foreach (var row in picture.Range(SystemTables.Tables, KeyRange.All, revision))
        {
            var name = Encoding.UTF8.GetString(row.Key.Span);
            TableWriter.WriteItem(json, definitions.Of(name, row), Size(name));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}

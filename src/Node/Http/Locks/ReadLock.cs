using System.Text;
using System.Text.Json;
using RaftCluster.Node.Http.Leases;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Locks;

namespace RaftCluster.Node.Http.Locks;

/// <summary><c>GET /v1/locks/{name}</c>: who holds a lock, who waits for it in which order, and what it guards.</summary>
internal sealed class ReadLock(string name) : RowsRead
{
    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = LockPath.Read(call, out var name) ?? call.Query.RefuseRest() ?? LeasePath.RefuseTerms(call.Terms);
        return problem is not null ? call.RefuseAsync(problem) : Reads.AnswerAsync(call, new ReadLock(name));
    }

    /// <inheritdoc/>
    public override ValueTask ShowAsync(Call call, IRowReader picture)
    {
        using (picture)
        {
            var revision = picture.Position.Revision;
            if (picture.Get(SystemTables.Locks, Encoding.UTF8.GetBytes(name), revision) is not { } row)
            {
                return call.RefuseAsync(new Problem(
                    ProblemCode.Absent, "nobody holds this lock, and it guards nothing")
                { Revision = revision });
            }

            call.SetHeaders(StatusCodes.Status200OK, revision);
            return call.EndJsonAsync(json => Write(json, LockRow.Read(row.Value.Span), revision));
        }
    }

    private void Write(Utf8JsonWriter json, LockRow row, long revision)
    {
        json.WriteString("name", name);
        if (row.Holder is { } holder)
        {
            json.WriteString("owner", holder.Owner);
            json.WriteNumber("lease", holder.Lease);
            json.WriteString("since", Instant.Show(holder.Since));
        }

        json.WriteNumber("fence", row.Fence);
        json.WriteStartArray("guard");
        foreach (var guard in row.Guards)
        {
            json.WriteStartObject();
            json.WriteString("table", guard.Table);
            json.WriteString("prefix", guard.Prefix);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("waiters");
        foreach (var waiter in row.Waiters)
        {
            json.WriteStartObject();
            json.WriteString("owner", waiter.Owner);
            json.WriteNumber("lease", waiter.Lease);
            json.WriteString("since", Instant.Show(waiter.Since));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("revision", revision);
    }
}

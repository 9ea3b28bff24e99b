using System.Text;
using System.Text.Json;
using RaftCluster.Node.Leases;
using RaftCluster.StateMachine;
using RaftCluster.StateMachine.Leases;

namespace RaftCluster.Node.Http.Leases;

/// <summary><c>GET /v1/leases/{id}</c>: a lease, what is left of it, which the leader alone knows, and what is on it.</summary>
internal static class ReadLease
{
    /// <summary>The most rows that are listed.</summary>
    private const int MostRows = 1000;

    /// <summary>Answers the request.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        var problem = LeasePath.Read(call, out var id) ?? call.Query.RefuseRest() ?? LeasePath.RefuseTerms(call.Terms);
        return problem is not null
            ? call.RefuseAsync(problem)
            : LeaderCalls.AnswerAsync(call, async (call, patience) =>
                await ShowAsync(call, id, await call.Api.Leases.LookAsync(id, patience)));
    }

    private static async ValueTask<bool> ShowAsync(Call call, long id, LeaseAnswer answer)
    {
        if (answer is LeaseAnswer.NotLeader)
        {
            return false;
        }

        call.IsFresh = true;
        using var picture = call.Api.Store.Read();
        var (position, key) = (picture.Position, LeaseRecord.KeyOf(id));
        // A lease whose end is only proposed is still there.
        if (answer is LeaseAnswer.Absent || picture.Get(SystemTables.Leases, key, position.Revision) is not { } row)
        {
            await call.RefuseAsync(LeasePath.Absent(id) with { Revision = position.Revision });
            return true;
        }

        var rows = picture.RowsOfLease(id).Take(MostRows + 1).ToList();
        call.SetHeaders(StatusCodes.Status200OK, position.Revision);
        await call.EndJsonAsync(json =>
            Write(json, id, LeaseRecord.Read(row.Value.Span), (answer as LeaseAnswer.Alive)?.Remaining ?? TimeSpan.Zero, rows));
        return true;
    }

    private static void Write(Utf8JsonWriter json, long id, LeaseRecord lease, TimeSpan remaining, List<RowName> rows)
    {
        json.WriteNumber("id", id);
        json.WriteString("ttl", LeasePath.Show(lease.TtlMs));
        json.WriteNumber("remainingMs", (long)remaining.TotalMilliseconds);
        if (lease.Owner is not null)
        {
            json.WriteString("owner", lease.Owner);
        }

        json.WriteStartArray("rows");
        foreach (var row in rows.Take(MostRows).Where(row => row.Table != SystemTables.Locks))
        {
            json.WriteStartObject();
            json.WriteString("table", row.Table);
            json.WriteString("key", Encoding.UTF8.GetString(row.Key.Span));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("locks");
        foreach (var row in rows.Take(MostRows).Where(row => row.Table == SystemTables.Locks))
        {
            json.WriteStringValue(Encoding.UTF8.GetString(row.Key.Span));
        }

        json.WriteEndArray();
        json.WriteBoolean("more", rows.Count > MostRows);
    }
}

using System.Buffers;
using System.Text;
using RaftCluster.Node.Tables;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>PUT</c>, <c>PATCH</c>, <c>DELETE</c> of one row, and <c>POST</c> of a new one.</summary>
internal static class WriteRow
{
    /// <summary>Writes a row: the body is its value.</summary>
    public static async ValueTask PutAsync(Call call)
    {
        var problem = TablePath.ReadForWriting(call, out var table);
        byte[] key = [];
        LeaseTerm lease = default;
        problem ??= Routes.ReadKey(call, out key) ?? ReadLease(call, out lease);
        await (problem is not null ? call.RefuseAsync(problem)
            : TableNames.HasObjects(table) ? PutJsonAsync(call, table, key, lease)
            : PutValueAsync(call, table, key, lease));
    }

    /// <summary>Makes a row and its key: the body is its value.</summary>
    public static async ValueTask PostAsync(Call call)
    {
        LeaseTerm lease = default;
        var problem = TablePath.ReadForWriting(call, out var table)
            ?? ReadLease(call, out lease)
            ?? (DeleteRange.Conditions(call.Terms) is { } header
                ? Problem.Malformed(header, $"{header} is about a row that may be there; this one is new")
                : null);
        await (problem is not null ? call.RefuseAsync(problem)
            : TableNames.HasObjects(table) ? PostJsonAsync(call, table, lease)
            : PostValueAsync(call, table, lease));
    }

    /// <summary>Merges the body into a row.</summary>
    public static async ValueTask PatchAsync(Call call)
    {
        var problem = TablePath.ReadForWriting(call, out var table);
        byte[] key = [];
        problem ??= Routes.ReadKey(call, out key) ?? call.Query.RefuseRest();
        JsonRequest? request = null;
        if (problem is null)
        {
            (problem, request) = await JsonRequest.ReadAsync(
                call, call.Api.Options.MaxValue, JsonRequest.PatchTypes, mustState: true);
        }

        using (request)
        {
            await (problem is not null
                ? call.RefuseAsync(problem)
                : Writes.AnswerAsync(call, new RowPatch(table, key, request!.Json), request.Body));
        }
    }

    /// <summary>Removes a row.</summary>
    public static ValueTask DeleteAsync(Call call)
    {
        var problem = TablePath.ReadForWriting(call, out var table);
        byte[] key = [];
        problem ??= Routes.ReadKey(call, out key) ?? call.Query.RefuseRest();
        return problem is not null
            ? call.RefuseAsync(problem)
            : Writes.AnswerAsync(
                call,
                new RowWrite(EntryCodec.EncodeTransaction(new Command.Delete(table, key, call.Terms.When))),
                body: default);
    }

    private static async ValueTask PutValueAsync(Call call, string table, byte[] key, LeaseTerm lease)
    {
        var (problem, value) = await ReadValueAsync(call);
        if (problem is not null)
        {
            await call.RefuseAsync(problem);
            return;
        }

        if (lease != default)
        {
            var copy = value.ToArray();
            call.Request.BodyReader.AdvanceTo(value.End);
            await Writes.AnswerAsync(call, new LeasedPut(table, key, copy, call.Request.ContentType, lease, call.Terms.When), copy);
            return;
        }

        var length = (int)value.Length;
        var transaction = EntryCodec.EncodePut(table, key, value, call.Request.ContentType, call.Terms.When);
        call.Request.BodyReader.AdvanceTo(value.End);

        // The value is the transaction's tail, so a request that must go on to the leader needs no other copy.
        await Writes.AnswerAsync(call, new RowWrite(transaction), transaction.AsMemory(transaction.Length - length));
    }

    private static async ValueTask PostValueAsync(Call call, string table, LeaseTerm lease)
    {
        var (problem, value) = await ReadValueAsync(call);
        if (problem is not null)
        {
            await call.RefuseAsync(problem);
            return;
        }

        var body = value.ToArray();
        call.Request.BodyReader.AdvanceTo(value.End);
        await Writes.AnswerAsync(call, new ValuePost(table, body, call.Request.ContentType, lease), body);
    }

    private static async ValueTask PutJsonAsync(Call call, string table, byte[] key, LeaseTerm lease)
    {
        var (problem, request) = await JsonRequest.ReadAsync(call, call.Api.Options.MaxValue, JsonRequest.Types);
        using (request)
        {
            await (problem is not null
                ? call.RefuseAsync(problem)
                : Writes.AnswerAsync(call, new RowPut(table, key, request!.Json, lease), request.Body));
        }
    }

    private static async ValueTask PostJsonAsync(Call call, string table, LeaseTerm lease)
    {
        var (problem, request) = await JsonRequest.ReadAsync(call, call.Api.Options.MaxValue, JsonRequest.Types);
        using (request)
        {
            await (problem is not null
                ? call.RefuseAsync(problem)
                : Writes.AnswerAsync(call, new RowPost(table, request!.Json, lease), request.Body));
        }
    }

    private static ValueTask<(Problem? Problem, ReadOnlySequence<byte> Body)> ReadValueAsync(Call call) =>
        Encoding.UTF8.GetByteCount(call.Request.ContentType ?? "") > EntryCodec.MaximumContentTypeLength
            ? new((Problem.Malformed("Content-Type", $"Content-Type has more than {EntryCodec.MaximumContentTypeLength} bytes"), default))
            : RequestBody.ReadAsync(call, call.Api.Options.MaxValue);

    private static Problem? ReadLease(Call call, out LeaseTerm lease) =>
        LeasedPut.Read(call, out lease) ?? call.Query.RefuseRest(LeasedPut.Parameters);
}

using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>PUT</c> and <c>DELETE /v1/kv/{key}</c>.</summary>
internal static class WriteRow
{
    /// <summary>Writes a row: the body is its value, as it came.</summary>
    public static async ValueTask PutAsync(Call call)
    {
        if (CheckPut(call, out var key, out var lease) is { } problem)
        {
            await call.RefuseAsync(problem);
            return;
        }

        var body = call.Request.BodyReader;
        (problem, var value) = await RequestBody.ReadAsync(call);
        if (problem is not null)
        {
            await call.RefuseAsync(problem);
            return;
        }

        if (lease != default)
        {
            var copy = System.Buffers.BuffersExtensions.ToArray(value);
            body.AdvanceTo(value.End);
            await Writes.AnswerAsync(call, new LeasedPut(key, copy, call.Request.ContentType, lease, call.Terms.When), copy);
            return;
        }

        var length = (int)value.Length;
        var transaction = EntryCodec.EncodePut(Keys.Table, key, value, call.Request.ContentType, call.Terms.When);
        body.AdvanceTo(value.End);

        // The value is the transaction's tail, so a request that must go on to the leader needs no other copy.
        await Writes.AnswerAsync(call, new RowWrite(transaction), transaction.AsMemory(transaction.Length - length));
    }

    /// <summary>Removes a row.</summary>
    public static ValueTask DeleteAsync(Call call)
    {
        var problem = Routes.ReadKey(call, out var key) ?? call.Query.RefuseRest();
        return problem is not null
            ? call.RefuseAsync(problem)
            : Writes.AnswerAsync(
                call,
                new RowWrite(EntryCodec.EncodeTransaction(new Command.Delete(Keys.Table, key, call.Terms.When))),
                body: default);
    }

    private static Problem? CheckPut(Call call, out byte[] key, out LeaseTerm lease)
    {
        lease = default;
        return Routes.ReadKey(call, out key)
            ?? LeasedPut.Read(call, out lease)
            ?? call.Query.RefuseRest(LeasedPut.Parameters)
            ?? (System.Text.Encoding.UTF8.GetByteCount(call.Request.ContentType ?? "") > EntryCodec.MaximumContentTypeLength
                ? Problem.Malformed("Content-Type", $"Content-Type has more than {EntryCodec.MaximumContentTypeLength} bytes")
                : null);
    }
}

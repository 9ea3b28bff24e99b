using System.Buffers;
using System.Text.Json;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Elections;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary>What came of a request about who leads, as an answer.</summary>
internal static class LeadershipAnswer
{
    /// <summary>It can't be done now, for the reason given.</summary>
    public static Problem NotChanged(string why) => new(ProblemCode.LeaderNotChanged, why);

    /// <summary>Who leads now, or why nothing changed.</summary>
    public static ValueTask ShowAsync(Call call, LeadershipResult result) => result switch
    {
        LeadershipResult.Done done => ShowLeaderAsync(call, done.Leader),
        _ => RefuseAsync(call, result),
    };

    /// <summary>Who leads now.</summary>
    public static ValueTask ShowLeaderAsync(Call call, Member? leader) => EndAsync(call, json => WriteLeader(json, leader));

    /// <summary>Whether this node is drained, or why nothing changed.</summary>
    public static ValueTask ShowDrainedAsync(Call call, LeadershipResult result) => result switch
    {
        LeadershipResult.Done done => EndAsync(call, json =>
        {
            var status = call.Api.Consensus.Status;
            json.WriteString("node", status.Self.Id);
            json.WriteBoolean("drained", status.IsDrained);
            WriteLeader(json, done.Leader);
        }),
        _ => RefuseAsync(call, result),
    };

    private static ValueTask RefuseAsync(Call call, LeadershipResult result) => result switch
    {
        LeadershipResult.Refused refused => call.RefuseAsync(NotChanged(refused.Why)),
        LeadershipResult.NotLeader => call.RefuseAsync(
            new Problem(ProblemCode.NoLeader, $"{call.Api.Options.Node} does not lead") { Retryable = true }),
        _ => throw new InvariantException($"no answer for {result}"),
    };

    private static void WriteLeader(Utf8JsonWriter json, Member? leader)
    {
        json.WritePropertyName("leader");
        Call.WriteLeader(json, leader);
    }

    private static ValueTask EndAsync(Call call, Action<Utf8JsonWriter> write)
    {
        call.SetHeaders(StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
        call.Response.ContentType = "application/json";
        call.Response.Headers.CacheControl = "no-store";
        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            write(json);
            json.WriteNumber("term", call.Api.Consensus.Standing.Term);
            json.WriteEndObject();
        }

        return call.EndAsync(body.WrittenSpan);
    }
}

using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Membership;

namespace RaftCluster.Node.Http;

/// <summary>
/// <c>GET /v1/cluster/nodes</c>: every member's own view, asked for by this node, so that somebody who reaches one node sees all
/// of them, with a leader or without.
/// </summary>
internal sealed class ClusterSurvey
{
    /// <summary>How long a member has to answer: a node that works does so in milliseconds, on a machine that is very busy in hundreds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    /// <summary>A survey is shown to all who ask within this time: many who watch cost the members no more than one.</summary>
    private static readonly TimeSpan _keep = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private Task<byte[]>? _newest;
    private long _begunAt;

    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        if (call.Query.RefuseRest() is { } problem)
        {
            await call.RefuseAsync(problem);
            return;
        }

        var body = await call.Api.Survey.NewestAsync(call.Api).WaitAsync(call.Aborted);
        call.SetHeaders(StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
        call.Response.ContentType = "application/json";
        call.Response.Headers.CacheControl = "no-store";
        await call.EndAsync(body);
    }

    private Task<byte[]> NewestAsync(Api api)
    {
        lock (_gate)
        {
            if (_newest is null || (_newest.IsCompleted && (!_newest.IsCompletedSuccessfully || api.Time.GetElapsedTime(_begunAt) >= _keep)))
            {
                _begunAt = api.Time.GetTimestamp();
                _newest = MakeAsync(api);
            }

            return _newest;
        }
    }

    private static async Task<byte[]> MakeAsync(Api api)
    {
        var at = api.Time.GetUtcNow();
        var members = api.Consensus.Status.Members;
        var answers = await Task.WhenAll(members.Select(member => AskAsync(api, member.Member)));
        var body = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("node", api.Options.Node);
            json.WriteString("at", at);
            json.WriteStartArray("nodes");
            foreach (var (member, answer) in members.Zip(answers))
            {
                json.WriteStartObject();
                json.WriteString("id", member.Member.Id);
                json.WriteString("role", MemberWords.Of(member.Configured.Role));
                json.WriteString("url", Addresses.Show(member.Member.Url));
                json.WriteNumber("tookMs", Math.Round((decimal)answer.Took.TotalMilliseconds, 3));
                if (answer.View is { } view)
                {
                    json.WritePropertyName("view");
                    json.WriteRawValue(view);
                }
                else
                {
                    json.WriteString("failure", answer.Failure);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }

    private static async Task<(byte[]? View, string? Failure, TimeSpan Took)> AskAsync(Api api, Member member)
    {
        var begun = api.Time.GetTimestamp();
        using var limit = new CancellationTokenSource(Patience, api.Time);
        byte[]? view = null;
        string? failure;
        try
        {
            view = member.Id == api.Options.Node
                ? await ClusterView.ReadAsync(api, limit.Token)
                : await api.Forwarder.AskAsync(member, "/v1/cluster", limit.Token);
            failure = Fault(api, member, view);
        }
        catch (OperationCanceledException)
        {
            failure = string.Create(CultureInfo.InvariantCulture, $"no answer within {Patience.TotalMilliseconds} ms");
        }
        catch (Exception away) when (away is HttpRequestException or SocketException or IOException or ObjectDisposedException)
        {
            failure = away.Message;
        }

        return (failure is null ? view : null, failure, api.Time.GetElapsedTime(begun));
    }

    /// <summary>Why an answer is not that member's view: its address may have gone to somebody else.</summary>
    private static string? Fault(Api api, Member member, byte[] answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            var (cluster, node) = (json.RootElement.GetProperty("id").GetString(), json.RootElement.GetProperty("node").GetString());
            return cluster == ClusterView.IdOf(api) && node == member.Id ? null : $"node {node} of cluster {cluster} answers at this address";
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return "what answers at this address is no node of a cluster";
        }
    }
}

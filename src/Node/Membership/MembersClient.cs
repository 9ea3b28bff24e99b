using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Membership;

/// <summary>What another node said to a wish of this one.</summary>
internal abstract record MembersReply
{
    private MembersReply()
    {
    }

    /// <summary>It is done: these are the members.</summary>
    public sealed record Done(MembersBody Members) : MembersReply;

    /// <summary>Not now: it is worth another try.</summary>
    public sealed record NotNow(string Why) : MembersReply;

    /// <summary>No.</summary>
    public sealed record Refused(string Why) : MembersReply;
}

/// <summary>Asks other nodes' HTTP API to change the membership for this node.</summary>
internal sealed class MembersClient : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    })
    { Timeout = _patience };

    /// <summary>Asks to become a member. Asking again when it is one already is answered like the first time.</summary>
    public Task<MembersReply> JoinAsync(Uri at, NodeOptions options, CancellationToken token) => SendAsync(
        HttpMethod.Post,
        at,
        "/v1/members",
        new JoinBody(options.Node, Addresses.Show(options.Http), options.Peer.ToString(), MemberWords.Of(options.Promote)),
        token);

    /// <summary>Asks who the members are.</summary>
    public Task<MembersReply> ListAsync(Uri at, CancellationToken token) => SendAsync(HttpMethod.Get, at, "/v1/members", body: null, token);

    /// <summary>Says that this node's addresses are others than the members think.</summary>
    public Task<MembersReply> MoveAsync(Uri at, NodeOptions options, CancellationToken token) => SendAsync(
        HttpMethod.Patch,
        at,
        $"/v1/members/{options.Node}",
        new JoinBody(Id: null, Addresses.Show(options.Http), options.Peer.ToString(), Promote: null),
        token);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<MembersReply> SendAsync(HttpMethod method, Uri at, string target, JoinBody? body, CancellationToken token)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(at, target));
            if (body is not null)
            {
                request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, MembersJson.Default.JoinBody));
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            }

            using var answer = await _http.SendAsync(request, token);
            var bytes = await answer.Content.ReadAsByteArrayAsync(token);
            return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created
                ? Read(bytes)
                : Refusal(at, answer.StatusCode, bytes);
        }
        catch (Exception lost) when (lost is HttpRequestException or SocketException or IOException
            || (lost is OperationCanceledException && !token.IsCancellationRequested))
        {
            return new MembersReply.NotNow($"{Addresses.Show(at)} did not answer: {OneLine.Of(lost)}");
        }
    }

    private static MembersReply Read(byte[] bytes)
    {
        try
        {
            var members = JsonSerializer.Deserialize(bytes, MembersJson.Default.MembersBody);
            return members is { Id: not null }
                ? new MembersReply.Done(members)
                : new MembersReply.Refused("it answers as no node of this product does");
        }
        catch (JsonException)
        {
            return new MembersReply.Refused("it answers as no node of this product does");
        }
    }

    private static MembersReply Refusal(Uri at, HttpStatusCode status, byte[] bytes)
    {
        ProblemBody? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize(bytes, MembersJson.Default.ProblemBody);
        }
        catch (JsonException)
        {
            // Something between the two wrote it: the status alone speaks.
        }

        var why = $"{Addresses.Show(at)} says {(int)status}{(problem?.Detail is { } detail ? $": {detail}" : "")}";

        // An unknown outcome is asked for again too: being a member twice is being one.
        return (int)status >= 500 || problem is { Retryable: true } ? new MembersReply.NotNow(why) : new MembersReply.Refused(why);
    }
}

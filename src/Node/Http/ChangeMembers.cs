using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text.Json;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Consensus.Members;
using RaftCluster.Node.Membership;

namespace RaftCluster.Node.Http;

/// <summary><c>/v1/members</c>: who the members are, as the leader sees them, and changes of that, which the leader makes.</summary>
internal static class ChangeMembers
{
    private const int MaximumBody = 4096;

    private static readonly string[] _fields = ["id", "url", "peer", "role", "promote"];

    /// <summary>Answers <c>GET /v1/members</c>.</summary>
    public static ValueTask ShowAsync(Call call) => call.Query.RefuseRest() is { } problem
        ? call.RefuseAsync(problem)
        : AnswerAsync(call, change: null, body: default);

    /// <summary>Answers <c>POST /v1/members</c>.</summary>
    public static async ValueTask AddAsync(Call call)
    {
        var (problem, body, fields) = await ReadAsync(call);
        problem ??= Need(fields!, "id") ?? Need(fields!, "url") ?? Need(fields!, "peer") ?? ReadAddition(fields!, out _);
        if (problem is not null)
        {
            await call.RefuseAsync(problem);
            return;
        }

        _ = ReadAddition(fields!, out var addition);
        await AnswerAsync(call, addition, body);
    }

    /// <summary>Answers <c>PATCH /v1/members/{id}</c>.</summary>
    public static async ValueTask AlterAsync(Call call)
    {
        var (problem, body, fields) = NameFault(call) is { } fault ? (fault, [], null) : await ReadAsync(call);
        MemberChange.Alter? alteration = null;
        problem ??= ReadAlteration(Routes.MemberOf(call), fields!, out alteration);
        if (problem is not null)
        {
            await call.RefuseAsync(problem);
            return;
        }

        await AnswerAsync(call, alteration, body);
    }

    /// <summary>Answers <c>DELETE /v1/members/{id}</c>.</summary>
    public static ValueTask RemoveAsync(Call call) => (NameFault(call) ?? call.Query.RefuseRest()) is { } problem
        ? call.RefuseAsync(problem)
        : AnswerAsync(call, new MemberChange.Remove(Routes.MemberOf(call)), body: default);

    private static ValueTask AnswerAsync(Call call, MemberChange? change, ReadOnlyMemory<byte> body) => LeaderCalls.AnswerAsync(
        call,
        async (call, patience) =>
        {
            var answer = change is null ? null : await call.Api.Consensus.ChangeMembersAsync(change, patience);
            if (answer is MembershipAnswer.NotLeader)
            {
                return false;
            }

            await ShowAsync(call, answer);
            return true;
        },
        body,
        // Sent again, a change whose fate is not known might be made twice.
        isRepeatable: false);

    private static ValueTask ShowAsync(Call call, MembershipAnswer? answer) => answer switch
    {
        null => ShowMembersAsync(call, StatusCodes.Status200OK),
        MembershipAnswer.Done { Changed: true } when call.Method == HttpMethods.Post => ShowMembersAsync(call, StatusCodes.Status201Created),
        MembershipAnswer.Done => ShowMembersAsync(call, StatusCodes.Status200OK),
        MembershipAnswer.Refused refused => call.RefuseAsync(new Problem(Statuses.CodeOf(refused.Reason), $"{refused.Detail}; nothing was done")
        {
            Retryable = refused.Reason is MembershipRefusal.ChangeInProgress or MembershipRefusal.LearnerBehind,
        }),
        MembershipAnswer.Unknown unknown => call.RefuseAsync(new Problem(
            ProblemCode.CommitTimeout, $"the change may or may not be made: {unknown.Why}")
        { Outcome = ProblemOutcome.Unknown }),
        _ => throw new StateMachine.InvariantException($"no answer for {answer}"),
    };

    private static ValueTask ShowMembersAsync(Call call, int code)
    {
        var status = call.Api.Consensus.Status;
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new MembersBody(
                call.Api.Options.Cluster,
                call.Api.History.ClusterId.ToString("x16", CultureInfo.InvariantCulture),
                call.Api.History.Epoch,
                status.Configuration,
                status.ConfigurationTerm,
                status.IsConfigurationCommitted,
                [.. status.Members.Select(member => MemberBody.Of(member, status.LastIndex))]),
            MembersJson.Default.MembersBody);
        call.SetHeaders(code, call.Api.Store.Applied.Revision);
        call.Response.ContentType = "application/json";
        call.Response.Headers.CacheControl = "no-store";
        return call.EndAsync(body);
    }

    private static Problem? NameFault(Call call) => Routes.MemberOf(call) is var id && NodeName.IsValid(id)
        ? null
        : Problem.Malformed("id", $"the id '{id}' is no member's name: {NodeName.Form}");

    /// <summary>The body as it came, for the leader, and its fields.</summary>
    private static async ValueTask<(Problem? Problem, byte[] Body, Dictionary<string, string>? Fields)> ReadAsync(Call call)
    {
        if (call.Query.RefuseRest() is { } unknown)
        {
            return (unknown, [], null);
        }

        var (problem, read) = await RequestBody.ReadAsync(call, MaximumBody);
        if (problem is not null)
        {
            return (problem, [], null);
        }

        var body = read.ToArray();
        call.Request.BodyReader.AdvanceTo(read.End);
        problem = ReadFields(body, out var fields);
        return (problem, body, fields);
    }

    private static Problem? ReadFields(byte[] body, out Dictionary<string, string> fields)
    {
        fields = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Problem.Malformed("body", "the body is a JSON object");
            }

            foreach (var field in json.RootElement.EnumerateObject())
            {
                if (!_fields.Contains(field.Name))
                {
                    return Problem.Malformed(
                        field.Name, $"'{field.Name}' is no field of a member{NearestName.Hint(field.Name, _fields)}");
                }

                if (field.Value.ValueKind != JsonValueKind.String)
                {
                    return Problem.Malformed(field.Name, $"{field.Name} is a string");
                }

                if (!fields.TryAdd(field.Name, field.Value.GetString()!))
                {
                    return Problem.Malformed(field.Name, $"{field.Name} is stated twice");
                }
            }

            return null;
        }
        catch (JsonException broken)
        {
            return Problem.Malformed("body", $"the body is no JSON: {broken.Message}");
        }
        catch (InvalidOperationException)
        {
            return Problem.Malformed("body", "the body is no JSON: a string is not UTF-8");
        }
    }

    private static Problem? Need(Dictionary<string, string> fields, string name) =>
        fields.ContainsKey(name) ? null : Problem.Malformed(name, $"{name} is missing");

    private static Problem? ReadAddition(Dictionary<string, string> fields, out MemberChange.Add? addition)
    {
        addition = null;
        Uri? url = null;
        IPEndPoint? peer = null;
        var promotion = Promotion.Auto;
        var problem = !NodeName.IsValid(fields["id"]) ? Problem.Malformed("id", $"the id '{fields["id"]}' is no name: {NodeName.Form}") : null;
        problem ??= ReadUrl(fields["url"], out url) ?? ReadPeer(fields["peer"], out peer) ?? ReadPromotion(fields, out promotion);
        problem ??= fields.GetValueOrDefault("role", "learner") == "learner"
            ? null
            : Problem.Malformed("role", "a new member begins in the role of a learner; it is given a vote when it has caught up");
        if (problem is null)
        {
            addition = new MemberChange.Add(new Member(fields["id"], url!, peer!), promotion);
        }

        return problem;
    }

    private static Problem? ReadAlteration(string id, Dictionary<string, string> fields, out MemberChange.Alter? alteration)
    {
        alteration = null;
        Uri? url = null;
        IPEndPoint? peer = null;
        MemberRole? role = null;
        var promotion = Promotion.Auto;
        var problem = fields.GetValueOrDefault("id", id) != id ? Problem.Malformed("id", "a member keeps its id")
            : fields.Count == 0 ? Problem.Malformed("body", "the body changes nothing: state url, peer, role or promote")
            : null;
        problem ??= fields.TryGetValue("url", out var statedUrl) ? ReadUrl(statedUrl, out url) : null;
        problem ??= fields.TryGetValue("peer", out var statedPeer) ? ReadPeer(statedPeer, out peer) : null;
        problem ??= ReadPromotion(fields, out promotion);
        if (problem is null && fields.TryGetValue("role", out var statedRole))
        {
            role = MemberWords.Role(statedRole);
            problem = role is null ? Problem.Malformed("role", $"role is 'voter' or 'learner', not '{statedRole}'") : null;
        }

        if (problem is null)
        {
            alteration = new MemberChange.Alter(id)
            {
                Url = url,
                Peer = peer,
                Role = role,
                Promotion = fields.ContainsKey("promote") ? promotion : null,
            };
        }

        return problem;
    }

    private static Problem? ReadUrl(string text, out Uri url) =>
        Addresses.ReadUrl(text, out url) is { } wrong ? Problem.Malformed("url", $"the url '{text}' {wrong}") : null;

    private static Problem? ReadPeer(string text, out IPEndPoint peer) =>
        Addresses.ReadPeer(text, out peer) is { } wrong ? Problem.Malformed("peer", $"the peer '{text}' {wrong}") : null;

    private static Problem? ReadPromotion(Dictionary<string, string> fields, out Promotion promotion)
    {
        promotion = Promotion.Auto;
        if (!fields.TryGetValue("promote", out var text))
        {
            return null;
        }

        promotion = MemberWords.Promotion(text) ?? default;
        return promotion == default ? Problem.Malformed("promote", $"promote is 'auto', 'manual' or 'never', not '{text}'") : null;
    }
}

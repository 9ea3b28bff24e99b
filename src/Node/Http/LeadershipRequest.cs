using System.Buffers;
using System.Text.Json;
using RaftCluster.Node.Consensus;

namespace RaftCluster.Node.Http;

/// <summary>The body of a request about who leads: an object with one member that may be missing, a node's id.</summary>
internal static class LeadershipRequest
{
    private const int Longest = 4096;

    /// <summary>Reads it.</summary>
    /// <param name="call">The request.</param>
    /// <param name="name">What the member is called.</param>
    /// <returns>What is wrong with it, or the id (null when none was said), and the body for another node.</returns>
    public static async ValueTask<(Problem? Problem, string? Node, byte[] Body)> ReadAsync(Call call, string name)
    {
        if (call.Query.RefuseRest() is { } rest)
        {
            return (rest, null, []);
        }

        var (problem, received) = await RequestBody.ReadAsync(call, call.Api.Options.MaxValue);
        if (problem is not null)
        {
            return (problem, null, []);
        }

        if (received.Length > Longest)
        {
            return (Malformed(name), null, []);
        }

        var body = received.ToArray();
        call.Request.BodyReader.AdvanceTo(received.End);
        problem = Read(body, name, out var node);
        return (problem, node, body);
    }

    /// <summary>The member of an id, of those there are now; null when there is none.</summary>
    public static Member? MemberOf(Call call, string id) =>
        call.Api.Consensus.Status.Members.Select(status => status.Member).FirstOrDefault(member => member.Id == id);

    private static Problem? Read(byte[] body, string name, out string? node)
    {
        node = null;
        if (body.Length == 0)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Malformed(name);
            }

            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name != name)
                {
                    return Problem.Malformed(property.Name, $"'{property.Name}' means nothing here; only '{name}' does");
                }

                if (property.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
                {
                    return Malformed(name);
                }

                node = property.Value.GetString();
            }

            return null;
        }
        catch (JsonException)
        {
            return Malformed(name);
        }
    }

    private static Problem Malformed(string name) =>
        Problem.Malformed("body", $"the body is a JSON object such as {{\"{name}\":\"n2\"}}, or empty");
}

using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus.Transport;
using RaftCluster.Node.Diagnosis;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Http;

/// <summary><c>GET /v1/node</c> and <c>/v1/node/log</c>: what this node says of itself, for who looks for a fault.</summary>
internal static class NodeView
{
    /// <summary>Answers <c>GET /v1/node</c>.</summary>
    public static ValueTask AnswerAsync(Call call)
    {
        if (call.Query.RefuseRest() is { } problem)
        {
            return call.RefuseAsync(problem);
        }

        var api = call.Api;
        call.SetHeaders(StatusCodes.Status200OK, api.Store.Applied.Revision);
        call.Response.ContentType = "application/json";
        call.Response.Headers.CacheControl = "no-store";
        var body = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            WriteProgram(json, api);
            WriteMeasures(json, api);
            WriteHistory(json, api);
            WriteSettings(json, api.Options);
            json.WriteEndObject();
        }

        return call.EndAsync(body.WrittenSpan);
    }

    /// <summary>Answers <c>GET /v1/node/log</c>.</summary>
    public static ValueTask AnswerLogAsync(Call call)
    {
        var stated = call.Query.Take("lines");
        if ((stated is null ? LogRing.Kept : Numbers.Read(stated, 1, LogRing.Kept)) is not { } lines)
        {
            return call.RefuseAsync(Problem.Malformed("lines", $"lines is a whole number from 1 to {LogRing.Kept}"));
        }

        if (call.Query.RefuseRest("lines") is { } problem)
        {
            return call.RefuseAsync(problem);
        }

        call.SetHeaders(StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
        call.Response.ContentType = "text/plain; charset=utf-8";
        call.Response.Headers.CacheControl = "no-store";
        return call.EndAsync(Encoding.UTF8.GetBytes(string.Concat(call.Api.Diagnosis.Log.Read((int)lines))));
    }

    private static void WriteProgram(Utf8JsonWriter json, Api api)
    {
        json.WriteString("node", api.Options.Node);
        json.WriteString("version", Product.Version);
        json.WriteNumber("protocol", Frame.Protocol);
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteString("system", RuntimeInformation.OSDescription);
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteString("startedAt", api.Diagnosis.StartedAt);
        json.WriteString("now", api.Time.GetUtcNow());
        json.WriteString("clockSource", NodeDiagnosis.ClockSource());
    }

    private static void WriteMeasures(Utf8JsonWriter json, Api api)
    {
        json.WritePropertyName("sync");
        Write(json, api.Diagnosis.Syncs.Read());
        json.WriteStartArray("peers");
        foreach (var member in api.Consensus.Status.Members.Where(member => member.Member.Id != api.Options.Node))
        {
            json.WriteStartObject();
            json.WriteString("id", member.Member.Id);
            json.WritePropertyName("roundTrip");
            Write(json, member.RoundTrips?.Read());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes how long something took, or null when it never happened.</summary>
    public static void Write(Utf8JsonWriter json, Latency? latency)
    {
        if (latency is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("count", latency.Count);
        json.WriteNumber("p50Ms", Milliseconds(latency.Median));
        json.WriteNumber("p99Ms", Milliseconds(latency.High));
        json.WriteNumber("maxMs", Milliseconds(latency.Longest));
        json.WriteEndObject();
    }

    private static void WriteHistory(Utf8JsonWriter json, Api api)
    {
        using var rows = api.Store.Read();
        json.WriteStartObject("history");
        json.WriteNumber("oldestRevision", rows.OldestRevision);
        json.WriteNumber("revision", rows.Position.Revision);
        using var walk = rows.Changes(new ChangePlace(rows.OldestRevision, 0));
        if (walk.NextTransaction())
        {
            json.WriteString("oldestAt", DateTimeOffset.UnixEpoch.AddTicks(walk.Time * TimeSpan.TicksPerMicrosecond));
        }

        json.WriteEndObject();
    }

    private static void WriteSettings(Utf8JsonWriter json, NodeOptions options)
    {
        // Nothing is encrypted yet, so there is no certificate to tell of.
        json.WriteNull("certificate");
        json.WriteNumber("electionTimeoutMs", Milliseconds(options.ElectionTimeout));
        json.WriteNumber("heartbeatIntervalMs", Milliseconds(options.HeartbeatInterval));
        json.WriteNumber("maxClockSkewMs", Milliseconds(options.MaxClockSkew));
        ClusterView.WriteNumber(json, "keepHistoryMs", options.KeepHistory is { } age ? (long)age.TotalMilliseconds : null);
        ClusterView.WriteNumber(json, "keepRevisions", options.KeepRevisions);
        json.WriteStartObject("options");
        foreach (var (name, value) in options.StatedValues)
        {
            json.WriteString(name, ShownOptions.Show(name, value));
        }

        json.WriteEndObject();
    }

    private static decimal Milliseconds(TimeSpan time) => Math.Round((decimal)time.TotalMilliseconds, 3);
}

using System.Buffers;
using System.Globalization;
using System.Text.Json;
using RaftCluster.Node.Backups;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Consensus;
using RaftCluster.Node.Membership;
using RaftCluster.Node.Space;

namespace RaftCluster.Node.Http;

/// <summary><c>GET /v1/cluster</c>: how this node sees the cluster.</summary>
internal static class ClusterView
{
    /// <summary>Answers the request.</summary>
    public static async ValueTask AnswerAsync(Call call)
    {
        if (call.Query.RefuseRest() is { } problem)
        {
            await call.RefuseAsync(problem);
            return;
        }

        var body = await ReadAsync(call.Api, call.Aborted);
        call.SetHeaders(StatusCodes.Status200OK, call.Api.Store.Applied.Revision);
        call.Response.ContentType = "application/json";
        call.Response.Headers.CacheControl = "no-store";
        await call.EndAsync(body);
    }

    /// <summary>The cluster's id, as it is shown.</summary>
    public static string IdOf(Api api) => api.History.ClusterId.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>How a node sees the cluster now.</summary>
    public static async ValueTask<byte[]> ReadAsync(Api api, CancellationToken aborted)
    {
        var space = api.Space;
        var usage = space is null ? null : await space.UsageAsync(aborted);
        var applied = api.Store.Applied;
        var status = api.Consensus.Status;
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("id", IdOf(api));
            json.WriteString("name", api.Options.Cluster);
            json.WriteNumber("epoch", api.History.Epoch);
            json.WriteString("node", status.Self.Id);
            json.WriteString("role", Statuses.Text(status.Role));
            json.WritePropertyName("leader");
            Call.WriteLeader(json, status.Leader);
            json.WriteNumber("term", status.Term);
            json.WriteNumber("firstIndex", status.FirstIndex);
            json.WriteNumber("lastIndex", status.LastIndex);
            json.WriteNumber("commitIndex", status.CommitIndex);
            // One reading of the store, so that index, revision and hash belong together.
            json.WriteNumber("appliedIndex", applied.Index);
            json.WriteNumber("revision", applied.Revision);
            json.WriteNumber("oldestRevision", OldestRevision(api));
            json.WriteString("stateHash", applied.StateHash.ToString("x32", CultureInfo.InvariantCulture));
            json.WriteString("version", Product.Version);
            json.WriteString("started", Product.Started);
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteNumber("stateVersion", status.StateVersion);
            json.WriteNumber("ownStateVersion", status.OwnStateVersion);
            json.WriteString("failover", Statuses.Text(status.Failover));
            json.WriteBoolean("drained", status.IsDrained);
            if (status.RebuildReason is { } lost)
            {
                json.WriteString("rebuilding", lost);
            }

            json.WriteNumber("configurationIndex", status.Configuration);
            if (usage is not null)
            {
                WriteDisk(json, space!, usage);
            }

            json.WriteStartArray("members");
            foreach (var member in status.Members)
            {
                Write(json, member, status);
            }

            json.WriteEndArray();
            if (api.Backups.Report is { } report)
            {
                Write(json, report);
            }

            WriteLoad(json, api);

            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }

    private static void WriteLoad(Utf8JsonWriter json, Api api)
    {
        var load = api.Diagnosis.Load;
        json.WriteStartObject("load");
        json.WritePropertyName("reads");
        NodeView.Write(json, load.Reads.Read());
        json.WritePropertyName("writes");
        NodeView.Write(json, load.Writes.Read());
        json.WriteNumber("failed", load.Failed);
        json.WritePropertyName("syncs");
        NodeView.Write(json, api.Diagnosis.Syncs.Read());
        json.WriteEndObject();
    }

    private static void WriteDisk(Utf8JsonWriter json, NodeSpace space, DiskUsage usage)
    {
        var room = space.Room;
        json.WriteStartObject("disk");
        json.WriteString("folder", space.Folder);
        json.WriteNumber("total", room.Total);
        json.WriteNumber("free", room.Free);
        json.WriteNumber("reserve", room.Reserve);
        json.WriteNumber("working", room.Working);
        json.WriteBoolean("low", room.IsLow);
        json.WriteNumber("log", usage.Log);
        json.WriteNumber("spare", usage.Spare);
        json.WriteNumber("rows", usage.Rows);
        json.WriteNumber("snapshots", usage.Snapshots);
        json.WriteNumber("aside", usage.Aside);
        json.WriteNumber("backups", usage.Backups);
        json.WriteNumber("other", usage.Other);
        json.WriteEndObject();
    }

    private static long OldestRevision(Api api)
    {
        using var picture = api.Store.Read();
        return picture.OldestRevision;
    }

    private static void Write(Utf8JsonWriter json, BackupReport report)
    {
        json.WriteStartObject("backup");
        json.WriteString("folder", report.Folder);
        if (report.Newest is { } newest)
        {
            json.WriteString("file", Path.GetFileName(newest.Path));
            json.WriteString("kind", newest.Header.Kind);
            json.WriteString("at", newest.Header.CreatedAt.UtcDateTime);
            json.WriteNumber("revision", newest.Header.Revision);
            json.WriteNumber("bytes", newest.Bytes);
        }

        if (report.Next is { } next)
        {
            json.WriteString("next", next.UtcDateTime);
        }

        json.WriteString("error", report.Error);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MemberStatus status, ConsensusStatus cluster)
    {
        var member = status.Member;
        json.WriteStartObject();
        json.WriteString("id", member.Id);
        json.WriteString("role", MemberWords.Of(status.Configured.Role));
        json.WriteString("url", Addresses.Show(member.Url));
        json.WriteString("peer", member.Peer.ToString());
        WriteNumber(json, "matchIndex", status.MatchIndex);
        WriteNumber(json, "lag", status.MatchIndex is { } match ? Math.Max(0, cluster.LastIndex - match) : null);
        WriteNumber(json, "lastContactMs", (long?)status.LastContact?.TotalMilliseconds);
        WriteNumber(json, "stateVersion", status.StateVersion);
        if (status.Room is { } room)
        {
            json.WriteStartObject("disk");
            json.WriteNumber("free", room.Free);
            json.WriteBoolean("low", room.IsLow);
            json.WriteEndObject();
        }

        if (status.Snapshot is { } snapshot)
        {
            json.WriteStartObject("snapshot");
            json.WriteNumber("index", snapshot.Index);
            json.WriteNumber("bytes", snapshot.Sent);
            json.WriteNumber("totalBytes", snapshot.Total);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes a number, or null for one that is not known.</summary>
    public static void WriteNumber(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}

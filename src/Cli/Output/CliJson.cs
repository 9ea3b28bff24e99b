using System.Text.Json;
using System.Text.Json.Serialization;
using RaftCluster.Client;

namespace RaftCluster.Cli;

internal sealed record FailureLine(
    string Error, string Message, string? Hint, string? Outcome, int ExitCode, string? IdempotencyKey = null);

internal sealed record RowLine(
    string Key, bool Found, string? Value, string? Value64, string? ContentType, long? Revision, long? Created, long? Version,
    SourceLine? Source = null, long? Lease = null);

internal sealed record SourceLine(string? Node, string? Leader, long? Revision, double? StalenessMs);

internal sealed record JsonRowLine(
    string Key, bool Found, JsonElement? Value = null, long? Revision = null, long? Created = null, long? Version = null,
    long? Lease = null, SourceLine? Source = null);

internal sealed record PutLine(
    string Key, string Result, long? Revision = null, long? Version = null, long? CurrentRevision = null, bool? Replayed = null);

internal sealed record DeleteLine(
    string? Key, string? Prefix, string Result, long? Revision = null, long? Deleted = null, long? CurrentRevision = null,
    bool? Replayed = null);

internal sealed record AddLine(string Key, JsonElement Value, long Revision, long Version, bool? Replayed = null);

internal sealed record TableLine(string Table, string Result, long? Revision = null, long? CurrentRevision = null, bool? Replayed = null);

internal sealed record LeaseLine(
    long Id, bool Found, double? TtlMs = null, double? RemainingMs = null, string? Owner = null, IReadOnlyList<LeaseRow>? Rows = null,
    bool? Replayed = null);

internal sealed record LockLine(string Name, bool Held, LockStatus? Status = null);

internal sealed record ReleaseLine(string Name, bool Released);

internal sealed record HoldLine(string Event, string Lock, string Fence, string? Owner = null, long? Lease = null, int? Pid = null);

internal sealed record ElectedLine(string Election, string? Value, long? Revision = null);

internal sealed record CountLine(long Count);

internal sealed record StatusLine(
    string? Leader, bool ReplicasDiffer, IReadOnlyList<NodeLine> Nodes);

internal sealed record NodeLine(
    string? Id, string Url, bool Reachable, string? Failure, string? Role, long? Term, long? CommitIndex, long? AppliedIndex,
    long? Revision, string? StateHash, long? Lag, string? Rebuilding, int? SnapshotPercent, bool? Drained = null,
    DiskInfo? Disk = null, string? Version = null, int? StateVersion = null, int? OwnStateVersion = null);

internal sealed record UpLine(
    string Event, string? Node = null, int? Pid = null, int? ExitCode = null, string? Reason = null, long? Term = null,
    int? Restarts = null, string? Leader = null, IReadOnlyList<UpNodeLine>? Nodes = null);

internal sealed record UpNodeLine(string Id, string Http, string Peer, int Pid, string Data);

internal sealed record LayoutFile(int Format, string Cluster, IReadOnlyList<LayoutNode> Nodes);

internal sealed record LayoutNode(string Id, string Http, string Peer);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FailureLine))]
[JsonSerializable(typeof(RowLine))]
[JsonSerializable(typeof(PutLine))]
[JsonSerializable(typeof(DeleteLine))]
[JsonSerializable(typeof(JsonRowLine))]
[JsonSerializable(typeof(AddLine))]
[JsonSerializable(typeof(TableLine))]
[JsonSerializable(typeof(TableDefinition))]
[JsonSerializable(typeof(LeaseLine))]
[JsonSerializable(typeof(LockLine))]
[JsonSerializable(typeof(ReleaseLine))]
[JsonSerializable(typeof(HoldLine))]
[JsonSerializable(typeof(ElectedLine))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(CountLine))]
[JsonSerializable(typeof(StatusLine))]
[JsonSerializable(typeof(UpLine))]
[JsonSerializable(typeof(LeaderLine))]
[JsonSerializable(typeof(RestartLine))]
[JsonSerializable(typeof(LayoutFile))]
[JsonSerializable(typeof(BackupLine))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(CompactResult))]
[JsonSerializable(typeof(DoctorLine))]
[JsonSerializable(typeof(BundleLine))]
[JsonSerializable(typeof(NodeReport))]
[JsonSerializable(typeof(MembersLine))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>As <see cref="Default"/>, but with text left readable: output is not put into web pages.</summary>
    internal static CliJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

using System.Text.Json.Serialization;

namespace RaftCluster.Client;

/// <summary>How everything on the wire is read and written: without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(PutBody))]
[JsonSerializable(typeof(InsertBody))]
[JsonSerializable(typeof(DeleteBody))]
[JsonSerializable(typeof(RangeBody))]
[JsonSerializable(typeof(TableDefinition))]
[JsonSerializable(typeof(TablesBody))]
[JsonSerializable(typeof(WrittenRow))]
[JsonSerializable(typeof(RangeResultBody))]
[JsonSerializable(typeof(TransactionBody))]
[JsonSerializable(typeof(LeaseRequest))]
[JsonSerializable(typeof(LeaseBody))]
[JsonSerializable(typeof(LockBody))]
[JsonSerializable(typeof(LeadershipBody))]
[JsonSerializable(typeof(BackupInfo))]
[JsonSerializable(typeof(NodeReport))]
[JsonSerializable(typeof(CompactResult))]
[JsonSerializable(typeof(MembershipInfo))]
[JsonSerializable(typeof(NewMember))]
[JsonSerializable(typeof(MemberChange))]
internal sealed partial class ClientJson : JsonSerializerContext;

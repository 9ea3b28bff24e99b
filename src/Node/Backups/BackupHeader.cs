using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RaftCluster.Node.Consensus.Snapshots;
using RaftCluster.StateMachine;

namespace RaftCluster.Node.Backups;

/// <summary>What a backup says of itself: docs/formats/backup.md.</summary>
internal sealed record BackupHeader
{
    /// <summary>A backup that needs no other.</summary>
    public const string Full = "full";

    /// <summary>What happened since a revision: it goes on top of a backup that reaches it.</summary>
    public const string Increment = "increment";

    /// <summary><see cref="Full"/> or <see cref="Increment"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>The cluster's id: 16 hexadecimal digits.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The history's epoch.</summary>
    public required int Epoch { get; init; }

    /// <summary>The node that made it.</summary>
    public required string Node { get; init; }

    /// <summary>The product's version.</summary>
    public required string Product { get; init; }

    /// <summary>When it was made, by the node's clock.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Of an increment: every revision behind this one is in it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Since { get; init; }

    /// <summary>The revision that is reached with it.</summary>
    public required long Revision { get; init; }

    /// <summary>The oldest revision that can be read then.</summary>
    public required long OldestRevision { get; init; }

    /// <summary>The index of the log entry at which it stands.</summary>
    public required long Index { get; init; }

    /// <summary>That entry's term.</summary>
    public required long Term { get; init; }

    /// <summary>The node's term, at least <see cref="Term"/>.</summary>
    public required long CurrentTerm { get; init; }

    /// <summary>The history's time there, in microseconds since 1970 (UTC).</summary>
    public required long Time { get; init; }

    /// <summary>The state hash there: 32 hexadecimal digits.</summary>
    public required string StateHash { get; init; }

    /// <summary>The members then.</summary>
    public required ImmutableArray<BackupMember> Members { get; init; }

    /// <summary>Of a full one: the store's files, in the order in which they follow.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<BackupFile> Files { get; init; }

    /// <summary>Whether it is an increment.</summary>
    [JsonIgnore]
    public bool IsIncrement => Kind == Increment;

    /// <summary>The position at which it stands.</summary>
    [JsonIgnore]
    public AppliedPosition Position => new(
        Index, Term, Revision, UInt128.Parse(StateHash, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), Time);

    /// <summary>The header with a position in it.</summary>
    public BackupHeader At(in AppliedPosition position, long oldestRevision) => this with
    {
        Revision = position.Revision,
        OldestRevision = oldestRevision,
        Index = position.Index,
        Term = position.Term,
        CurrentTerm = Math.Max(CurrentTerm, position.Term),
        Time = position.Time,
        StateHash = position.StateHash.ToString("x32", CultureInfo.InvariantCulture),
    };

    /// <summary>As it stands in the file.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupHeader);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is not that.</exception>
    public static BackupHeader Read(ReadOnlySpan<byte> json)
    {
        var header = JsonSerializer.Deserialize(json, BackupJson.Default.BackupHeader) ?? throw new JsonException("it is null");
        return header switch
        {
            { Kind: not (Full or Increment) } => throw new JsonException($"a backup of kind '{header.Kind}'"),
            { IsIncrement: true, Since: null } => throw new JsonException("an increment without 'since'"),
            { IsIncrement: false, Files.IsDefaultOrEmpty: true } => throw new JsonException("a full backup without files"),
            { Revision: < 0 } or { Index: < 0 } or { Term: < 0 } or { Epoch: < 1 } or { Members.IsDefaultOrEmpty: true }
                => throw new JsonException("a position, an epoch or members that no cluster has"),
            _ when !UInt128.TryParse(header.StateHash, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
                => throw new JsonException("a state hash that is none"),
            _ => header.Files.IsDefault || header.Files.FirstOrDefault(file => file.Length < 0 || !SnapshotManifest.IsPlain(file.Name)) is not { } file
                ? header
                : throw new JsonException($"a file named '{file.Name}' of {file.Length} bytes"),
        };
    }
}

/// <summary>A member of the cluster that was backed up.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Role"><c>voter</c> or <c>learner</c>.</param>
/// <param name="Url">The base URL of its HTTP API.</param>
/// <param name="Peer">Where it listened for the other nodes.</param>
internal sealed record BackupMember(string Id, string Role, string Url, string Peer);

/// <summary>A file of the store.</summary>
/// <param name="Name">Its name, without a folder.</param>
/// <param name="Length">Its length in bytes.</param>
internal sealed record BackupFile(string Name, long Length);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(BackupHeader))]
internal sealed partial class BackupJson : JsonSerializerContext;

using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RaftCluster.Node.Configuration;

/// <summary>Whose data a folder holds: <c>identity.json</c>.</summary>
public sealed record NodeIdentity
{
    /// <summary>The format this code writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The file's format.</summary>
    public required int Format { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>The cluster's id: 16 hexadecimal digits.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The history's epoch: 1, and one more for each backup restored.</summary>
    public required int Epoch { get; init; }

    /// <summary>The node's id.</summary>
    public required string Node { get; init; }

    /// <summary>The base URL of its HTTP API when the folder was made.</summary>
    public required string Http { get; init; }

    /// <summary>Where it listened for the other nodes then.</summary>
    public required string Peer { get; init; }

    /// <summary>The members then, as the option <c>--members</c> has them; who they are since is in the file <c>configuration</c>.</summary>
    public required ImmutableArray<string> Members { get; init; }

    /// <summary>The identity that a node with these options has when it is new.</summary>
    public static NodeIdentity Of(NodeOptions options) => new()
    {
        Format = CurrentFormat,
        Cluster = options.Cluster,
        ClusterId = options.ClusterId.ToString("x16", CultureInfo.InvariantCulture),
        Epoch = 1,
        Node = options.Node,
        Http = Addresses.Show(options.Http),
        Peer = options.Peer.ToString(),
        Members = [.. options.Members.Select(Addresses.Show)],
    };

    /// <summary>Why a node of this identity must not use a folder of <paramref name="held"/>; null when it may.</summary>
    /// <param name="held">Whose folder it is.</param>
    /// <param name="stated">What of this identity was stated; the rest is as the folder has it. Addresses and members may change.</param>
    public string? ConflictWith(NodeIdentity held, StatedOptions stated) => held switch
    {
        { Format: not CurrentFormat } => $"is of format {held.Format}; this version reads {CurrentFormat}",
        _ when stated.Cluster && held.Cluster != Cluster => $"belongs to cluster '{held.Cluster}', not to '{Cluster}'",
        _ when held.Node != Node => $"belongs to node '{held.Node}', not to '{Node}'",
        _ when stated.ClusterId && held.ClusterId != ClusterId => $"belongs to cluster {held.ClusterId}, not to {ClusterId}",
        _ => null,
    };

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, IdentityJson.Default.NodeIdentity);

    /// <returns>Null when it is not an identity.</returns>
    internal static NodeIdentity? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, IdentityJson.Default.NodeIdentity);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NodeIdentity))]
internal sealed partial class IdentityJson : JsonSerializerContext;

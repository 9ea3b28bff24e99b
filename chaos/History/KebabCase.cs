using System.Text.Json;
using System.Text.Json.Serialization;

namespace RaftCluster.Chaos.History;

/// <summary>Writes the names of an enumeration as <c>compare-and-set</c>.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class KebabCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

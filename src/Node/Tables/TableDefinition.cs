using System.Collections.Frozen;
using System.Collections.Immutable;

namespace RaftCluster.Node.Tables;

/// <summary>Who makes a table's keys.</summary>
internal enum TableKey
{
    /// <summary>The caller, or the leader (a UUID) for a row that is posted.</summary>
    Given,

    /// <summary>The cluster: a row's key is the revision that made it, as 19 digits.</summary>
    Revision,
}

/// <summary>What the rows of a table are.</summary>
/// <param name="Columns">The columns, in the order rows show them; default for a table whose rows are any JSON objects.</param>
/// <param name="Key">Who makes the keys.</param>
internal sealed record TableDefinition(ImmutableArray<Column> Columns, TableKey Key)
{
    /// <summary>The most rows it may hold; null for any number.</summary>
    public long? MaxRows { get; init; }

    /// <summary>The most bytes its rows' keys and values may take, as they are kept; null for any.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>The most columns a table has.</summary>
    public const int MostColumns = 1000;

    private readonly FrozenDictionary<string, int> _places = (Columns.IsDefault ? [] : Columns)
        .Select((column, at) => KeyValuePair.Create(column.Name, at)).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Any JSON object, under any key.</summary>
    public static TableDefinition Free { get; } = new(default, TableKey.Given);

    /// <summary>Whether rows are any JSON objects.</summary>
    public bool IsFree => Columns.IsDefault;

    /// <summary>The place of a column; negative when there is none of this name.</summary>
    public int PlaceOf(string column) => _places.TryGetValue(column, out var at) ? at : -1;

    /// <summary>The value, as JSON, that rows show in a column that is younger than they are; empty for none.</summary>
    public ReadOnlyMemory<byte> EarlierOf(string column) => PlaceOf(column) is >= 0 and var at ? Columns[at].Earlier : default;

    /// <summary>Whether a row may have a value in one column alone.</summary>
    public bool MayHaveOnly(string column) =>
        Columns.All(other => other.Name == column || (other.Nullable && other.Earlier is null));

    /// <summary>The fault of naming a column that is not there.</summary>
    public Fault Unknown(string column) => new(
        Places.Member("", column),
        $"is no column of this table{Configuration.NearestName.Hint(column, Columns.Select(each => each.Name))}");
}

using System.Globalization;
using System.Text.Json;
using RaftCluster.Chaos.History;
using RaftCluster.Chaos.Workloads;

namespace RaftCluster.Chaos.Checks;

/// <summary>
/// Rows with typed columns: at any revision, each column holds what its one writer was last told, or a value of unknown outcome;
/// a filter shows the rows that hold to it, and all of them.
/// </summary>
internal static class TableCheck
{
    private const string New = "0";

    /// <summary>Judges all readings and lists of the table.</summary>
    public static IEnumerable<Violation> Judge(IReadOnlyCollection<Operation> operations)
    {
        var rows = operations.Where(operation => operation.Kind is OperationKind.Insert or OperationKind.Patch && operation.Outcome != Outcome.Failed)
            .GroupBy(operation => operation.Key)
            .ToDictionary(row => row.Key, row => new Model([.. row]));
        return operations.Where(operation => operation is { Outcome: Outcome.Ok, Revision: not null }).SelectMany(operation => operation.Kind switch
        {
            OperationKind.Patch => Typed(operation),
            OperationKind.Read => Shown(rows, operation, operation.Key, operation.Result),
            OperationKind.List => Listed(rows, operation),
            _ => [],
        });
    }

    private static IEnumerable<Violation> Typed(Operation patch)
    {
        using var json = JsonDocument.Parse(patch.Value!);
        return json.RootElement.EnumerateObject().All(column => column.Value.ValueKind == JsonValueKind.Number)
            ? []
            : [Broken(patch, patch.Key, "a refusal: the column takes numbers", "done", [])];
    }

    private static IEnumerable<Violation> Shown(Dictionary<string, Model> rows, Operation read, string key, string? shown)
    {
        var model = rows.GetValueOrDefault(key);
        var revision = read.Revision!.Value;
        if (shown is null)
        {
            if (model?.Made is { } made && made.Revision <= revision)
            {
                yield return Broken(read, key, $"the row that was made at revision {made.Revision}", "no row", [made]);
            }

            yield break;
        }

        if (model is null)
        {
            yield return Broken(read, key, "no row, for nobody made it", shown, []);
            yield break;
        }

        using var json = JsonDocument.Parse(shown);
        if (!json.RootElement.TryGetProperty("place", out var place) || place.ValueKind != JsonValueKind.String || place.GetString() != key
            || !json.RootElement.TryGetProperty("since", out var since) || since.ValueKind != JsonValueKind.String)
        {
            yield return Broken(read, key, "the columns 'place', as it was made, and 'since', filled in", shown, []);
        }

        foreach (var column in TableClient.Columns)
        {
            var found = json.RootElement.TryGetProperty(column, out var value) ? value.GetRawText() : "nothing";
            var (last, writer) = model.LastOf(column, revision);
            if (found != last && !model.IsOpen(column, found))
            {
                yield return Broken(read, key, $"{last} in column '{column}'", found, writer is null ? [] : [writer]);
            }
        }
    }

    private static IEnumerable<Violation> Listed(Dictionary<string, Model> rows, Operation list)
    {
        var words = list.Filter!.Split(':');
        var (column, least) = (words[0], decimal.Parse(words[2], CultureInfo.InvariantCulture));
        var shown = list.Rows!.ToDictionary(row => row.Key, row => row.Value);
        foreach (var (key, value) in shown)
        {
            foreach (var violation in Shown(rows, list, key, value))
            {
                yield return violation;
            }

            using var json = JsonDocument.Parse(value);
            if (!json.RootElement.TryGetProperty(column, out var held) || held.GetDecimal() < least)
            {
                yield return Broken(list, key, $"rows with {list.Filter} alone", value, []);
            }
        }

        foreach (var (key, model) in rows)
        {
            var (last, writer) = model.LastOf(column, list.Revision!.Value);
            if (!shown.ContainsKey(key) && model.Made?.Revision <= list.Revision && Number(last) >= least
                && model.Open(column).All(value => Number(value) >= least))
            {
                yield return Broken(list, key, $"the row, for {list.Filter} holds with {last}", "a list without it", writer is null ? [] : [writer]);
            }
        }
    }

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static Violation Broken(Operation read, string key, string expected, string found, Operation[] others) =>
        new(Promise.PicturesAreWhole, $"{key} of the table at revision {read.Revision} on {read.Node}", expected, found)
        { Evidence = [.. others, read with { Rows = null }] };

    /// <summary>What is known of one row.</summary>
    private sealed class Model
    {
        private readonly Dictionary<string, List<(string Value, Operation Patch)>> _done = [];
        private readonly Dictionary<string, List<string>> _open = [];

        public Model(List<Operation> operations)
        {
            Made = operations.Where(operation => operation is { Kind: OperationKind.Insert, Outcome: Outcome.Ok }).MinBy(operation => operation.Revision);
            foreach (var patch in operations.Where(operation => operation.Kind == OperationKind.Patch).OrderBy(patch => patch.Revision))
            {
                using var json = JsonDocument.Parse(patch.Value!);
                foreach (var column in json.RootElement.EnumerateObject().Where(column => column.Value.ValueKind == JsonValueKind.Number))
                {
                    if (patch.IsOpen)
                    {
                        Of(_open, column.Name).Add(column.Value.GetRawText());
                    }
                    else
                    {
                        Of(_done, column.Name).Add((column.Value.GetRawText(), patch));
                    }
                }
            }
        }

        /// <summary>Who made the row; null when nobody was told that he did.</summary>
        public Operation? Made { get; }

        /// <summary>The last value that was acknowledged up to a revision, and its write.</summary>
        public (string Value, Operation? Writer) LastOf(string column, long revision) =>
            _done.TryGetValue(column, out var done) && done.FindLast(each => each.Patch.Revision <= revision) is { Patch: not null } last ? last : (New, null);

        /// <summary>The values whose outcome nobody knows.</summary>
        public List<string> Open(string column) => _open.TryGetValue(column, out var open) ? open : [];

        /// <summary>Whether a value is one of those.</summary>
        public bool IsOpen(string column, string value) => Open(column).Contains(value);

        private static List<T> Of<T>(Dictionary<string, List<T>> columns, string name) =>
            columns.TryGetValue(name, out var list) ? list : columns[name] = [];
    }
}

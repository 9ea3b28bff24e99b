using System.Globalization;
using System.Text.Json;

namespace RaftCluster.Tests.EndToEnd.Banking;

/// <summary>An account: the first half are opaque values, decimal text, and the others rows of a table, with the balance in a column.</summary>
/// <param name="Number">0 to 99.</param>
internal readonly record struct Account(int Number)
{
    public const int Count = 100;
    public const int Opening = 1_000;
    public const long Total = (long)Count * Opening;
    public const string Prefix = "bank/";
    public const string Table = "accounts";

    /// <summary>All of them.</summary>
    public static IEnumerable<Account> All => Enumerable.Range(0, Count).Select(number => new Account(number));

    /// <summary>Whether it is a row with columns.</summary>
    public bool HasColumns => Number >= Count / 2;

    /// <summary>The path of its row.</summary>
    public string Path => HasColumns ? $"/v1/tables/{Table}/rows/{Key}" : $"/v1/kv/{Key}";

    private string Key => HasColumns ? Text(Number) : Prefix + Text(Number);

    private string Row => HasColumns ? $"\"table\":\"{Table}\",\"key\":\"{Key}\"" : $"\"key\":\"{Key}\"";

    /// <summary>The operation that makes it.</summary>
    public string Open => HasColumns
        ? $"{{\"op\":\"put\",{Row},\"value\":{{\"balance\":{Opening}}}}}"
        : $"{{\"op\":\"put\",{Row},\"value\":\"{Opening}\"}}";

    /// <summary>The operation that adds to the balance whatever it is.</summary>
    public string Add(int amount) => $"{{\"op\":\"add\",{Row},{(HasColumns ? "\"column\":\"balance\"," : "")}\"by\":{amount}}}";

    /// <summary>The operation that sets the balance.</summary>
    public string Set(long balance) => HasColumns
        ? $"{{\"op\":\"patch\",{Row},\"value\":{{\"balance\":{balance}}}}}"
        : $"{{\"op\":\"put\",{Row},\"value\":\"{balance}\"}}";

    /// <summary>The condition that nobody has touched it since it was read.</summary>
    public string IsAt(string revision) => $"{{{Row},\"revision\":{revision}}}";

    /// <summary>The condition that it can pay; of opaque values only that it is there.</summary>
    public string Has(int amount) => HasColumns
        ? $"{{{Row},\"column\":\"balance\",\"value\":{amount},\"op\":\"ge\"}}"
        : $"{{{Row},\"exists\":true}}";

    /// <summary>The account of a row in a list, a read or an event; null when it is none.</summary>
    public static Account? Of(string table, string key) =>
        table == Table ? new Account(int.Parse(key, CultureInfo.InvariantCulture))
        : table == "kv" && key.StartsWith(Prefix, StringComparison.Ordinal) ? new Account(int.Parse(key.AsSpan(Prefix.Length), CultureInfo.InvariantCulture))
        : null;

    /// <summary>The balance that a row's value says, in either form.</summary>
    public static long Balance(JsonElement value) => value.ValueKind == JsonValueKind.Object
        ? value.GetProperty("balance").GetInt64()
        : long.Parse(value.GetString()!, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString("00", CultureInfo.InvariantCulture);
}

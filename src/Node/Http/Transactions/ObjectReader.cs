using System.Globalization;
using System.Text;
using System.Text.Json;
using RaftCluster.Node.Configuration;
using RaftCluster.Node.Tables;

namespace RaftCluster.Node.Http.Transactions;

/// <summary>
/// Takes the members of a JSON object one by one. The first fault stays; what is taken after it is of no use. Every
/// member must be taken by somebody.
/// </summary>
internal sealed class ObjectReader
{
    private readonly Dictionary<string, JsonElement> _left = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    /// <summary>Begins with an object, which is strict JSON already.</summary>
    public ObjectReader(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            Fault = new Fault("", $"is {ColumnTypes.Describe(json)}: an object is expected");
            return;
        }

        foreach (var member in json.EnumerateObject())
        {
            _left.Add(member.Name, member.Value);
        }
    }

    /// <summary>The first thing that is wrong; null when nothing is.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>Whether a member is stated that has not been taken.</summary>
    public bool Has(string name) => _left.ContainsKey(name);

    /// <summary>Notes what is wrong with a member.</summary>
    public void Fail(string name, string detail) => Fail(new Fault(name, detail));

    /// <summary>Notes what is wrong.</summary>
    public void Fail(Fault fault) => Fault ??= fault;

    /// <summary>Takes any value; null when there is none.</summary>
    public JsonElement? Take(string name)
    {
        _known.Add(name);
        return _left.Remove(name, out var value) ? value : null;
    }

    /// <summary>Takes a string; null when there is none.</summary>
    public string? Text(string name)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Fail(name, $"is {ColumnTypes.Describe(value)}: a string is expected");
            return null;
        }

        return value.GetString();
    }

    /// <summary>Takes a switch; off when there is none.</summary>
    public bool Switch(string name)
    {
        if (Take(name) is not { } value)
        {
            return false;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Fail(name, $"is {ColumnTypes.Describe(value)}: true or false is expected");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>Takes a whole number within bounds; null when there is none.</summary>
    public long? Whole(string name, long least, long most)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most)
        {
            return number;
        }

        Fail(name, string.Create(CultureInfo.InvariantCulture, $"is no whole number from {least} to {most}"));
        return null;
    }

    /// <summary>Takes a key, or what keys begin with or end before.</summary>
    /// <param name="name">The member.</param>
    /// <param name="mayBeEmpty">Whether it is a bound or a prefix, not a key.</param>
    /// <returns>Null when there is none.</returns>
    public byte[]? Key(string name, bool mayBeEmpty = false)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        var key = Encoding.UTF8.GetBytes(text);
        if (Keys.Check(name, key, mayBeEmpty) is { } problem)
        {
            Fault ??= new Fault(name, problem.Detail[(name.Length + 1)..]);
        }

        return key;
    }

    /// <summary>Takes a key that must be there.</summary>
    public byte[] RequiredKey()
    {
        if (Fault is null && !Has("key"))
        {
            Fail("key", "is missing");
        }

        return Key("key") ?? [];
    }

    /// <summary>Refuses what nobody took.</summary>
    public void End()
    {
        if (_left.Count > 0)
        {
            var name = _left.Keys.First();
            Fail(Places.Member("", name), $"is unknown here{NearestName.Hint(name, _known)}");
        }
    }
}

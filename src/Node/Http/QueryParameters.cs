using System.Collections.Frozen;

namespace RaftCluster.Node.Http;

/// <summary>The parameters of a query, decoded. Each may be stated once, but for lists, and each must be taken by somebody.</summary>
internal struct QueryParameters
{
    /// <summary>Parameters that may be stated again and again.</summary>
    private static readonly FrozenSet<string> _lists = FrozenSet.Create("where", "fence", "guard");

    private List<Parameter>? _parameters;

    /// <summary>Reads a query.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static Problem? Read(string query, out QueryParameters parameters)
    {
        parameters = default;
        if (query.Length == 0)
        {
            return null;
        }

        parameters._parameters = [];
        foreach (var range in query.AsSpan().Split('&'))
        {
            var pair = query.AsSpan(range);
            if (pair.IsEmpty)
            {
                continue;
            }

            var assigned = pair.IndexOf('=');
            var name = PercentEncoding.DecodeQuery(assigned < 0 ? pair : pair[..assigned]);
            if (name is null)
            {
                return Problem.Malformed("query", "a parameter's name is malformed: percent-encoded UTF-8 is expected");
            }

            if (PercentEncoding.DecodeQuery(assigned < 0 ? "" : pair[(assigned + 1)..]) is not { } value)
            {
                return Problem.Malformed(name, $"the value of {name} is malformed: percent-encoded UTF-8 is expected");
            }

            if (!_lists.Contains(name) && parameters._parameters.Exists(parameter => parameter.Name == name))
            {
                return Problem.Malformed(name, $"{name} is stated twice");
            }

            parameters._parameters.Add(new Parameter(name, value));
        }

        return null;
    }

    /// <summary>Takes a parameter's value.</summary>
    /// <returns>Null when it is not stated.</returns>
    public readonly string? Take(string name)
    {
        var at = _parameters?.FindIndex(parameter => parameter.Name == name) ?? -1;
        if (at < 0)
        {
            return null;
        }

        var value = _parameters![at].Value;
        _parameters.RemoveAt(at);
        return value;
    }

    /// <summary>Takes all values of a parameter that is a list, in their order.</summary>
    public readonly IReadOnlyList<string> TakeAll(string name)
    {
        var values = new List<string>();
        while (Take(name) is { } value)
        {
            values.Add(value);
        }

        return values;
    }

    /// <summary>What has not been taken yet, in its order.</summary>
    public readonly (string Name, string Value)[] Rest() =>
        _parameters is null ? [] : [.. _parameters.Select(parameter => (parameter.Name, parameter.Value))];

    /// <summary>Takes a switch: <c>name</c>, <c>name=true</c> or <c>name=false</c>.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public readonly Problem? TakeSwitch(string name, out bool on)
    {
        on = false;
        if (Take(name) is not { } value)
        {
            return null;
        }

        on = value is "true" or "";
        return on || value == "false" ? null : Problem.Malformed(name, $"{name} is 'true' or 'false', not '{value}'");
    }

    /// <summary>Takes every parameter that <paramref name="accept"/> knows.</summary>
    /// <returns>The first problem it has with one; null for none.</returns>
    public readonly Problem? TakeEach(Func<string, string, (bool Known, Problem? Problem)> accept)
    {
        for (var at = 0; at < _parameters?.Count;)
        {
            var (known, problem) = accept(_parameters[at].Name, _parameters[at].Value);
            if (problem is not null)
            {
                return problem;
            }

            if (known)
            {
                _parameters.RemoveAt(at);
            }
            else
            {
                at++;
            }
        }

        return null;
    }

    /// <summary>Refuses what nobody took.</summary>
    /// <param name="known">The names that would have been taken, for a hint.</param>
    public readonly Problem? RefuseRest(params ReadOnlySpan<string> known)
    {
        if (_parameters is not { Count: > 0 })
        {
            return null;
        }

        var name = _parameters[0].Name;
        var hint = Configuration.NearestName.Hint(name, [.. known, .. RequestTermNames.Parameters.Keys]);
        return Problem.Malformed(name, $"'{name}' is no parameter of this resource{hint}");
    }

    private readonly record struct Parameter(string Name, string Value);
}

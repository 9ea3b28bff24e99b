using System.Collections;
using System.Text.Json;

namespace RaftCluster.Node.Configuration;

/// <summary>What somebody wrote for an option, and where: the place is named in every complaint.</summary>
internal readonly record struct Stated(string Text, string Where);

/// <summary>Reads what is stated on the command line, in the environment and in the file; judges names, not values.</summary>
internal sealed class OptionSources
{
    private readonly Dictionary<string, Stated> _stated = [];
    private readonly List<string> _faults;

    private OptionSources(List<string> faults) => _faults = faults;

    public bool Help { get; private set; }

    public bool Version { get; private set; }

    public static OptionSources Read(IReadOnlyList<string> arguments, IDictionary environment, List<string> faults)
    {
        var sources = new OptionSources(faults);
        sources.ReadCommandLine(arguments);
        if (!sources.Help && !sources.Version)
        {
            sources.ReadEnvironment(environment);
            sources.ReadFile();
        }

        return sources;
    }

    public Stated? this[string name] => _stated.TryGetValue(name, out var stated) ? stated : null;

    private void ReadCommandLine(IReadOnlyList<string> arguments)
    {
        for (var at = 0; at < arguments.Count; at++)
        {
            var argument = arguments[at];
            var assigned = argument.IndexOf('=', StringComparison.Ordinal);
            var flag = assigned < 0 ? argument : argument[..assigned];
            if (flag is "--help" or "-h" or "-?")
            {
                Help = true;
            }
            else if (flag == "--version")
            {
                Version = true;
            }
            else if (Array.Find(OptionList.All, line => line.Flag == flag) is not { } option)
            {
                var hint = NearestName.Hint(flag, OptionList.All.Select(line => line.Flag));
                _faults.Add(flag.StartsWith('-') ? $"{flag} is no option{hint}" : $"'{argument}' belongs to no option{hint}");
                // Its value, if it has one, is no fault of its own.
                at += assigned < 0 && flag.StartsWith('-') && HasValueAt(arguments, at + 1) ? 1 : 0;
            }
            else if (assigned >= 0)
            {
                State(option.Name, argument[(assigned + 1)..], flag);
            }
            else if (option.Value is null)
            {
                State(option.Name, "true", flag);
            }
            else if (HasValueAt(arguments, at + 1))
            {
                State(option.Name, arguments[++at], flag);
            }
            else
            {
                _faults.Add($"{flag} needs a value: {option.Help}");
            }
        }
    }

    private static bool HasValueAt(IReadOnlyList<string> arguments, int at) =>
        at < arguments.Count && !arguments[at].StartsWith("--", StringComparison.Ordinal);

    private void State(string name, string text, string where)
    {
        if (!_stated.TryAdd(name, new Stated(text, where)))
        {
            _faults.Add($"{where} is stated twice");
        }
    }

    private void ReadEnvironment(IDictionary environment)
    {
        foreach (DictionaryEntry entry in environment)
        {
            var variable = (string)entry.Key;
            if (!variable.StartsWith("RAFT_", StringComparison.Ordinal) || OptionList.ForeignVariables.Contains(variable))
            {
                continue;
            }

            if (Array.Find(OptionList.All, line => line.Variable == variable) is { } option)
            {
                _stated.TryAdd(option.Name, new Stated((string?)entry.Value ?? "", variable));
            }
            else
            {
                _faults.Add($"{variable} is no variable of a node{NearestName.Hint(variable, OptionList.All.Select(line => line.Variable))}");
            }
        }
    }

    private void ReadFile()
    {
        if (this[OptionList.Config.Name] is not { } config)
        {
            return;
        }

        try
        {
            using var file = JsonDocument.Parse(
                File.ReadAllBytes(config.Text),
                new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            if (file.RootElement.ValueKind != JsonValueKind.Object)
            {
                _faults.Add($"{config.Where} {config.Text} holds no JSON object");
                return;
            }

            foreach (var property in file.RootElement.EnumerateObject())
            {
                ReadProperty(config.Text, property);
            }
        }
        catch (JsonException broken)
        {
            _faults.Add($"{config.Where} {config.Text} is no JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}");
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _faults.Add($"{config.Where} {config.Text} can't be read: {OneLine.Of(unread)}");
        }
    }

    private void ReadProperty(string file, JsonProperty property)
    {
        var where = $"\"{property.Name}\" in {file}";
        if (Array.Find(OptionList.All, line => line.Name == property.Name && line != OptionList.Config) is not { } option)
        {
            _faults.Add($"{where} is no option{NearestName.Hint(property.Name, OptionList.All.Select(line => line.Name))}");
            return;
        }

        var text = property.Value.ValueKind switch
        {
            JsonValueKind.String => property.Value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => property.Value.GetRawText(),
            JsonValueKind.Object when option.Name == "members" => string.Join(
                ',', property.Value.EnumerateObject().Select(member => $"{member.Name}={member.Value}")),
            _ => null,
        };
        if (text is null)
        {
            _faults.Add($"{where} must be a string, a number or a truth value");
            return;
        }

        _stated.TryAdd(option.Name, new Stated(text, where));
    }
}

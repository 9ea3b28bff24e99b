using RaftCluster.Node.Configuration;

namespace RaftCluster.Node.Offline;

/// <summary>The words of a command that needs no running node: options with a value, switches, and the rest in order.</summary>
internal sealed class Words
{
    private readonly Dictionary<string, string> _options = [];
    private readonly HashSet<string> _switches = [];

    private Words()
    {
    }

    /// <summary>What is neither an option nor its value.</summary>
    public List<string> Rest { get; } = [];

    /// <summary>Whether help was asked for.</summary>
    public bool Help { get; private set; }

    /// <summary>An option's value; null when it was not stated.</summary>
    public string? this[string option] => _options.GetValueOrDefault(option);

    /// <summary>Whether a switch was stated.</summary>
    public bool Has(string name) => _switches.Contains(name);

    /// <summary>Reads words.</summary>
    /// <param name="words">The words.</param>
    /// <param name="options">The options that take a value.</param>
    /// <param name="switches">Those that take none.</param>
    /// <param name="fault">What is wrong; null when nothing is.</param>
    public static Words Read(ReadOnlySpan<string> words, string[] options, string[] switches, out string? fault)
    {
        fault = null;
        var read = new Words();
        for (var at = 0; at < words.Length && fault is null; at++)
        {
            var (word, assigned) = Split(words[at]);
            if (word is "--help" or "-h" or "-?")
            {
                read.Help = true;
            }
            else if (switches.Contains(word) && assigned is null)
            {
                read._switches.Add(word);
            }
            else if (!word.StartsWith('-') || word == "-")
            {
                read.Rest.Add(words[at]);
            }
            else if (!options.Contains(word))
            {
                fault = $"{word} is no option here{NearestName.Hint(word, options.Concat(switches))}";
            }
            else if (assigned is null && at + 1 == words.Length)
            {
                fault = $"{word} needs a value";
            }
            else if (!read._options.TryAdd(word, assigned ?? words[++at]))
            {
                fault = $"{word} is stated twice";
            }
        }

        return read;
    }

    private static (string Word, string? Assigned) Split(string word)
    {
        var assigned = word.StartsWith("--", StringComparison.Ordinal) ? word.IndexOf('=', StringComparison.Ordinal) : -1;
        return assigned < 0 ? (word, null) : (word[..assigned], word[(assigned + 1)..]);
    }
}

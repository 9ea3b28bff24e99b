using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RaftCluster.Node.Tables;

/// <summary>
/// What JSON must be beyond its grammar to be kept: every reader of it has to see the same thing. So a member that is
/// there twice is refused, of which some take the first and some the last; half of a surrogate pair, which is no text;
/// a number that some could not hold or would need a page for; and nesting that some would not follow.
/// </summary>
internal static class StrictJson
{
    /// <summary>How deep objects and arrays may nest: well within the 64 that most parsers follow, with room for what a row stands in.</summary>
    public const int MaximumDepth = 48;

    /// <summary>The most characters a number may have.</summary>
    public const int LongestNumber = 128;

    /// <summary>The largest exponent, and with a minus the smallest.</summary>
    public const int LargestExponent = 400;

    /// <summary>What the JSON of a request may be: no comments, no comma too many.</summary>
    public static JsonDocumentOptions Options { get; } = new() { MaxDepth = MaximumDepth + 8 };

    /// <summary>Looks for the first fault.</summary>
    /// <param name="json">The text.</param>
    /// <returns>Null when there is none.</returns>
    public static Fault? Check(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return new Fault("", $"is not UTF-8 (byte {FirstInvalid(json)})");
        }

        var walk = new Walk();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth + 8 });
        try
        {
            while (reader.Read())
            {
                if (walk.See(ref reader) is { } fault)
                {
                    return fault;
                }
            }

            return null;
        }
        catch (JsonException malformed)
        {
            return new Fault(walk.Place, string.Create(
                CultureInfo.InvariantCulture,
                $"is no JSON: it breaks off or goes wrong at line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}"));
        }
    }

    private static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        return at + 1;
    }

    /// <summary>Where the reading has come, and which names the objects around it have had.</summary>
    private sealed class Walk
    {
        private readonly Stack<Level> _levels = new();

        /// <summary>The names of objects that ended, to be used again.</summary>
        private readonly Stack<HashSet<string>> _spare = new();

        public string Place
        {
            get
            {
                var place = "";
                foreach (var level in _levels.Reverse())
                {
                    place = level.Names is null ? Places.Item(place, Math.Max(0, level.At))
                        : level.Name is null ? place
                        : Places.Member(place, level.Name);
                }

                return place;
            }
        }

        public Fault? See(ref Utf8JsonReader reader)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    return SeeName(ref reader);
                case JsonTokenType.StartObject:
                    return Begin(_spare.TryPop(out var names) ? names : new HashSet<string>(StringComparer.Ordinal));
                case JsonTokenType.StartArray:
                    return Begin(names: null);
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    End();
                    return null;
                case JsonTokenType.String:
                    Count();
                    return IsText(ref reader, out _) ? null : new Fault(Place, "has half of a surrogate pair, which is no text");
                case JsonTokenType.Number:
                    Count();
                    return CheckNumber(reader.ValueSpan) is { } wrong ? new Fault(Place, wrong) : null;
                default:
                    Count();
                    return null;
            }
        }

        private Fault? Begin(HashSet<string>? names)
        {
            Count();
            if (_levels.Count == MaximumDepth)
            {
                return new Fault(Place, $"nests deeper than {MaximumDepth} objects and arrays");
            }

            _levels.Push(new Level(names));
            return null;
        }

        private void End()
        {
            if (_levels.Pop().Names is { } names)
            {
                names.Clear();
                _spare.Push(names);
            }
        }

        private Fault? SeeName(ref Utf8JsonReader reader)
        {
            var level = _levels.Peek();
            if (!IsText(ref reader, out var name))
            {
                return new Fault(Place, "has a member whose name has half of a surrogate pair, which is no text");
            }

            level.Name = name;
            return level.Names!.Add(name) ? null : new Fault(Place, "is there twice");
        }

        /// <summary>Counts an item, when the innermost level is an array.</summary>
        private void Count()
        {
            if (_levels.TryPeek(out var level))
            {
                level.At++;
            }
        }

        private static bool IsText(ref Utf8JsonReader reader, out string text)
        {
            text = "";
            if (!reader.ValueIsEscaped && reader.TokenType == JsonTokenType.String)
            {
                return true;
            }

            try
            {
                text = reader.GetString()!;
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }

    private static string? CheckNumber(ReadOnlySpan<byte> number)
    {
        if (number.Length > LongestNumber)
        {
            return $"is a number of {number.Length} characters: at most {LongestNumber} are kept";
        }

        var mark = number.IndexOfAny((byte)'e', (byte)'E');
        if (mark < 0)
        {
            return null;
        }

        var isBounded = int.TryParse(number[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent)
            && Math.Abs((long)exponent) <= LargestExponent;
        return isBounded ? null : $"is a number beyond bounds: its exponent is at most {LargestExponent}, and at least -{LargestExponent}";
    }

    private sealed class Level(HashSet<string>? names)
    {
        /// <summary>The names so far; null in an array.</summary>
        public HashSet<string>? Names => names;

        /// <summary>The member that is being read.</summary>
        public string? Name { get; set; }

        /// <summary>The item that is being read.</summary>
        public int At { get; set; } = -1;
    }
}

using System.Buffers;
using System.Buffers.Text;

namespace RaftCluster.StateMachine;

/// <summary>
/// Writes the JSON of the state machine's own rows. Every replica, of whatever version, must come to the same bytes, so
/// nothing is left to a library's idea of what to escape: the quotation mark, the backslash and what is below the space.
/// </summary>
internal sealed class RowJson
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);
    private bool _hasBefore;

    /// <summary>Begins an object or an array, as a member's value or as an array's item.</summary>
    public void Begin(char bracket, string? name = null)
    {
        Separate();
        if (name is not null)
        {
            Text(name);
            Raw(':');
        }

        Raw(bracket);
        _hasBefore = false;
    }

    /// <summary>Ends it.</summary>
    public void End(char bracket)
    {
        Raw(bracket);
        _hasBefore = true;
    }

    /// <summary>Writes a member; nothing for null.</summary>
    public void Member(string name, string? value)
    {
        if (value is not null)
        {
            Name(name);
            Text(value);
        }
    }

    /// <summary>Writes a member.</summary>
    public void Member(string name, long value)
    {
        Name(name);
        Invariant.Holds(Utf8Formatter.TryFormat(value, _bytes.GetSpan(20), out var length), "20 characters hold any number");
        _bytes.Advance(length);
    }

    /// <summary>Writes a member.</summary>
    public void Member(string name, bool value)
    {
        Name(name);
        _bytes.Write(value ? "true"u8 : "false"u8);
    }

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private void Name(string name)
    {
        Separate();
        Text(name);
        Raw(':');
        _hasBefore = true;
    }

    private void Separate()
    {
        if (_hasBefore)
        {
            Raw(',');
        }
    }

    private void Text(string text)
    {
        Raw('"');
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    Raw('\\');
                    Raw((char)rune.Value);
                    break;
                case < ' ':
                    _bytes.Write("\\u00"u8);
                    Raw("0123456789abcdef"[rune.Value >> 4]);
                    Raw("0123456789abcdef"[rune.Value & 15]);
                    break;
                default:
                    _bytes.Advance(rune.EncodeToUtf8(_bytes.GetSpan(4)));
                    break;
            }
        }

        Raw('"');
    }

    private void Raw(char ascii)
    {
        _bytes.GetSpan(1)[0] = (byte)ascii;
        _bytes.Advance(1);
    }
}

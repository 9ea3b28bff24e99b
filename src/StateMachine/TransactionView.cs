using System.Text;

namespace RaftCluster.StateMachine;

/// <summary>One transaction of an entry, read in place: valid as long as the entry's bytes.</summary>
public readonly ref struct TransactionView
{
    private readonly ReadOnlySpan<byte> _key;
    private readonly ReadOnlySpan<byte> _tail;

    internal TransactionView(
        CommandKind kind,
        ReadOnlySpan<byte> table,
        PreconditionView when,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> contentType,
        ReadOnlySpan<byte> tail,
        TransactionFrame? frame)
    {
        Kind = kind;
        Table = table;
        When = when;
        _key = key;
        ContentType = contentType;
        _tail = tail;
        Frame = frame;
    }

    internal TransactionView(Transaction transaction, TransactionFrame? frame)
    {
        Kind = CommandKind.Transaction;
        Transaction = transaction;
        Frame = frame;
    }

    /// <summary>What it is, within its frame if it has one.</summary>
    public CommandKind Kind { get; }

    /// <summary>What stands around it; null for nothing.</summary>
    public TransactionFrame? Frame { get; }

    /// <summary>Its operations, of its own; null when it is a single command.</summary>
    public Transaction? Transaction { get; }

    /// <summary>The table's name of a command: 1 to 128 bytes of UTF-8.</summary>
    public ReadOnlySpan<byte> Table { get; }

    /// <summary>What must be true of the row; nothing for a range.</summary>
    public PreconditionView When { get; }

    /// <summary>The key of a put or delete: 1 to 1,024 bytes.</summary>
    public ReadOnlySpan<byte> Key => _key;

    /// <summary>The content type of a put in UTF-8; empty when none was given.</summary>
    public ReadOnlySpan<byte> ContentType { get; }

    /// <summary>The value of a put.</summary>
    public ReadOnlySpan<byte> Value => _tail;

    /// <summary>The first key of a range; empty for the first of the table.</summary>
    public ReadOnlySpan<byte> Start => _key;

    /// <summary>The first key after a range; empty for no bound.</summary>
    public ReadOnlySpan<byte> End => _tail;

    /// <summary>Copies a single command into one of its own.</summary>
    public Command ToCommand()
    {
        var table = Encoding.UTF8.GetString(Table);
        return Kind switch
        {
            CommandKind.Put => new Command.Put(
                table,
                _key.ToArray(),
                _tail.ToArray(),
                ContentType.IsEmpty ? null : Encoding.UTF8.GetString(ContentType),
                When.ToPrecondition()),
            CommandKind.Delete => new Command.Delete(table, _key.ToArray(), When.ToPrecondition()),
            CommandKind.DeleteRange => new Command.DeleteRange(table, _key.ToArray(), _tail.ToArray()),
            _ => throw new InvariantException($"unknown command {Kind}"),
        };
    }
}

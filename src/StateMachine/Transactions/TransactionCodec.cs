using System.Collections.Immutable;

namespace RaftCluster.StateMachine.Transactions;

/// <summary>
/// A transaction of several operations, as an entry holds it behind its kind. All numbers are little-endian.
/// <code>
/// transaction = count:u16, requirement × count, count:u16, condition × count, branch, branch
/// requirement = table, revision:i64
/// condition   = subject:u8, comparison:u8, table, key, by subject:
///   revision (1), version (2), created (3), exists (5) = number:i64
///   value (4)       = length:u32, value
///   column (6)      = name, length:u32, JSON
///   revision in (7) = count:u8, revision:i64 × count
/// branch      = count:u16, operation × count (see <see cref="OperationCodec"/>)
/// table       = length:u8, UTF-8
/// key, name   = length:u16, bytes
/// </code>
/// </summary>
internal static class TransactionCodec
{
    public static void Write(ByteWriter writer, Transaction transaction)
    {
        Invariant.Holds(
            transaction.Requires.Length <= Transaction.MaximumRequirements, "a transaction's requirements are within their limit");
        Invariant.Holds(transaction.If.Length <= Transaction.MaximumOperations, "a transaction's conditions are within their limit");
        Invariant.Holds(
            transaction.Then.Length + transaction.Else.Length <= Transaction.MaximumOperations,
            "a transaction's operations are within their limit");
        writer.U16(transaction.Requires.Length, "requirements");
        foreach (var requirement in transaction.Requires)
        {
            OperationCodec.WriteTable(writer, requirement.Table);
            Invariant.Holds(requirement.Revision >= 0, "a required revision is none or one");
            writer.I64(requirement.Revision);
        }

        writer.U16(transaction.If.Length, "conditions");
        foreach (var condition in transaction.If)
        {
            Write(writer, condition);
        }

        WriteBranch(writer, transaction.Then);
        WriteBranch(writer, transaction.Else);
    }

    public static Transaction Read(scoped ref SpanReader reader)
    {
        var requires = ReadRequirements(ref reader);
        var count = reader.U16("condition count");
        reader.Require(count <= Transaction.MaximumOperations, "there are more conditions than the limit");
        var conditions = ImmutableArray.CreateBuilder<Condition>(count);
        for (var i = 0; i < count; i++)
        {
            conditions.Add(ReadCondition(ref reader));
        }

        var then = ReadBranch(ref reader);
        var otherwise = ReadBranch(ref reader);
        reader.Require(
            then.Length + otherwise.Length <= Transaction.MaximumOperations, "there are more operations than the limit");
        reader.Require(reader.AtEnd, "bytes follow the last operation");
        return new Transaction(requires, conditions.MoveToImmutable(), then, otherwise);
    }

    private static void WriteBranch(ByteWriter writer, ImmutableArray<Operation> branch)
    {
        CheckLeases(branch);
        writer.U16(branch.Length, "operations");
        foreach (var operation in branch)
        {
            OperationCodec.Write(writer, operation);
        }
    }

    // A lease's id is the transaction's revision, so there can't be two.
    private static void CheckLeases(ImmutableArray<Operation> branch)
    {
        var (makers, ttl) = (0, 0L);
        foreach (var operation in branch)
        {
            if (operation is Operation.Put { Lease.TtlMs: > 0 } put)
            {
                makers += ttl == 0 ? 1 : 0;
                ttl = ttl == 0 ? put.Lease.TtlMs : ttl;
                Invariant.Holds(ttl == put.Lease.TtlMs, "all new leases of a transaction are one");
            }
            else if (operation is Operation.GrantLease or Operation.AcquireLock)
            {
                makers++;
            }
        }

        Invariant.Holds(makers <= 1, "a transaction makes at most one lease");
    }

    private static ImmutableArray<Operation> ReadBranch(scoped ref SpanReader reader)
    {
        var count = reader.U16("operation count");
        reader.Require(count <= Transaction.MaximumOperations, "there are more operations than the limit");
        var branch = ImmutableArray.CreateBuilder<Operation>(count);
        for (var i = 0; i < count; i++)
        {
            branch.Add(OperationCodec.Read(ref reader));
        }

        return branch.MoveToImmutable();
    }

    private static ImmutableArray<TableRequirement> ReadRequirements(scoped ref SpanReader reader)
    {
        var count = reader.U16("requirement count");
        reader.Require(count <= Transaction.MaximumRequirements, "there are more requirements than the limit");
        var requires = ImmutableArray.CreateBuilder<TableRequirement>(count);
        for (var i = 0; i < count; i++)
        {
            var table = OperationCodec.ReadTable(ref reader);
            var revision = reader.I64("required revision");
            reader.Require(revision >= 0, "a required revision is negative");
            requires.Add(new TableRequirement(table, revision));
        }

        return requires.MoveToImmutable();
    }

    private static void Write(ByteWriter writer, Condition condition)
    {
        Invariant.Holds(
            condition.Comparison is >= Comparison.Equal and <= Comparison.GreaterOrEqual, "a condition's comparison is known");
        writer.U8((byte)condition.Subject);
        writer.U8((byte)condition.Comparison);
        OperationCodec.WriteTable(writer, condition.Table);
        OperationCodec.WriteKey(writer, condition.Key.Span);
        switch (condition.Subject)
        {
            case ConditionSubject.Revision or ConditionSubject.Version or ConditionSubject.Created or ConditionSubject.Exists:
                writer.I64(condition.Number);
                break;
            case ConditionSubject.Value:
                writer.LongBytes(condition.Operand.Span);
                break;
            case ConditionSubject.Column or ConditionSubject.ColumnOr:
                Invariant.Holds(condition.Column is not null, "a condition on a column names it");
                OperationCodec.WriteColumn(writer, condition.Column);
                writer.LongBytes(condition.Operand.Span);
                if (condition.Subject == ConditionSubject.ColumnOr)
                {
                    Invariant.Holds(!condition.Missing.IsEmpty, "what a missing column counts as is stated");
                    writer.LongBytes(condition.Missing.Span);
                }

                break;
            case ConditionSubject.RevisionIn:
                var revisions = condition.Operand.Span;
                Invariant.Holds(
                    revisions.Length % 8 == 0 && revisions.Length / 8 <= EntryCodec.MaximumRevisions,
                    "a condition names no more revisions than its limit");
                Invariant.Holds(condition.Comparison <= Comparison.NotEqual, "several revisions have no order");
                writer.U8((byte)(revisions.Length / 8));
                writer.Bytes(revisions);
                break;
            default:
                throw new InvariantException($"unknown subject {condition.Subject}");
        }
    }

    private static Condition ReadCondition(scoped ref SpanReader reader)
    {
        var subject = (ConditionSubject)reader.U8("subject");
        var comparison = (Comparison)reader.U8("comparison");
        reader.Require(comparison is >= Comparison.Equal and <= Comparison.GreaterOrEqual, "comparison is unknown");
        var table = OperationCodec.ReadTable(ref reader);
        var key = OperationCodec.ReadKey(ref reader);
        switch (subject)
        {
            case ConditionSubject.Revision or ConditionSubject.Version or ConditionSubject.Created or ConditionSubject.Exists:
                return Condition.OnNumber(table, key, subject, comparison, reader.I64("number"));
            case ConditionSubject.Value:
                return Condition.OnValue(table, key, comparison, reader.LongBytes("operand"));
            case ConditionSubject.Column:
                var column = OperationCodec.ReadColumn(ref reader);
                return Condition.OnColumn(table, key, column, comparison, reader.LongBytes("operand"));
            case ConditionSubject.ColumnOr:
                var named = OperationCodec.ReadColumn(ref reader);
                var (operand, missing) = (reader.LongBytes("operand"), reader.LongBytes("what is missing"));
                reader.Require(missing.Length > 0, "what a missing column counts as is empty");
                return Condition.OnColumn(table, key, named, comparison, operand, missing);
            case ConditionSubject.RevisionIn:
                reader.Require(comparison <= Comparison.NotEqual, "several revisions have no order");
                var revisions = reader.Slice(8u * reader.U8("revision count"), "revisions").ToArray();
                return new Condition(table, key, subject, comparison, revisions, 0, null);
            default:
                reader.Require(false, "subject is unknown");
                return null!;
        }
    }
}

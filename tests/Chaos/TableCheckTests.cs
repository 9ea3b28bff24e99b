using RaftCluster.Chaos.Checks;
using RaftCluster.Chaos.History;

namespace RaftCluster.Tests.Chaos;

public sealed class TableCheckTests
{
    private static readonly Operation _made = Of(OperationKind.Insert, """{"place":"r"}""", 1);

    [Fact]
    public void A_column_holds_what_its_writer_was_told_last_or_what_nobody_knows()
    {
        Operation[] known = [_made, Of(OperationKind.Patch, """{"a":1.50}""", 2), Of(OperationKind.Patch, """{"b":2}""", 3), Of(OperationKind.Patch, """{"a":9}""", null)];

        Assert.Empty(TableCheck.Judge([.. known, Read(1, 0, 0), Read(2, "1.50", 0), Read(3, "1.50", 2), Read(3, 9, 2)]));
        Assert.Single(TableCheck.Judge([.. known, Read(3, "1.5", 2)]));
        Assert.Single(TableCheck.Judge([.. known, Read(3, "1.50", 0)]));
        Assert.Single(TableCheck.Judge([.. known, Read(2, 7, 0)]));
    }

    [Fact]
    public void A_row_that_was_made_is_there_and_no_other()
    {
        Assert.Empty(TableCheck.Judge([_made, Gone(0)]));
        Assert.Single(TableCheck.Judge([_made, Gone(1)]));
        Assert.Single(TableCheck.Judge([Read(1, 0, 0)]));
        Assert.Single(TableCheck.Judge([_made, Read(1, 0, 0) with { Result = """{"a":0,"b":0,"c":0,"place":"other","since":"x"}""" }]));
    }

    [Fact]
    public void A_column_takes_what_it_is_for() => Assert.Single(TableCheck.Judge([_made, Of(OperationKind.Patch, """{"a":"text"}""", 2)]));

    [Fact]
    public void A_filter_shows_what_holds_to_it_and_all_of_that()
    {
        Operation[] known = [_made, Of(OperationKind.Patch, """{"a":5}""", 2)];

        Assert.Empty(TableCheck.Judge([.. known, List("a:ge:5", 2, Row(5, 0)), List("a:ge:6", 2), List("a:ge:5", 1)]));
        Assert.Single(TableCheck.Judge([.. known, List("a:ge:5", 2)]));
        Assert.Single(TableCheck.Judge([.. known, List("a:ge:6", 2, Row(5, 0))]));
        Assert.Empty(TableCheck.Judge([.. known, Of(OperationKind.Patch, """{"a":1}""", null), List("a:ge:5", 2)]));
    }

    private static string Row(object a, object b) => $$"""{"a":{{a}},"b":{{b}},"c":0,"place":"r","since":"2026-01-01T00:00:00Z"}""";

    private static Operation Read(long revision, object a, object b) =>
        Of(OperationKind.Read, null, revision) with { Result = Row(a, b), RowRevision = revision, Consistency = Consistency.Linearizable };

    private static Operation Gone(long revision) => Of(OperationKind.Read, null, revision) with { Consistency = Consistency.Local };

    private static Operation List(string filter, long revision, params string[] rows) => Of(OperationKind.List, null, revision) with
    {
        Filter = filter,
        Rows = [.. rows.Select(row => new ListedRow("r", row, revision))],
    };

    private static Operation Of(OperationKind kind, string? value, long? revision) =>
        Ops.Of(kind, "r", 0, 1) with { Workload = Workload.Table, Value = value, Revision = revision, Outcome = revision is null ? Outcome.Unknown : Outcome.Ok };
}

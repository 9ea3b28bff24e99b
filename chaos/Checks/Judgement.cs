using RaftCluster.Chaos.Checks.Registers;
using RaftCluster.Chaos.History;

namespace RaftCluster.Chaos.Checks;

/// <summary>What a history comes to.</summary>
/// <param name="Violations">Promises that were broken.</param>
/// <param name="Unjudged">What could not be judged; each makes the verdict unknown.</param>
/// <param name="Checks">What was looked at, and how much of it there was.</param>
internal sealed record Judgement(
    IReadOnlyList<Violation> Violations, IReadOnlyList<string> Unjudged, IReadOnlyList<(string Name, int Looked, int Broken)> Checks)
{
    /// <summary>ok, violated or unknown.</summary>
    public string Verdict => Violations.Count > 0 ? "violated" : Unjudged.Count > 0 ? "unknown" : "ok";

    /// <summary>As an exit code.</summary>
    public int ExitCode => Violations.Count > 0 ? Verdicts.Violated : Unjudged.Count > 0 ? Verdicts.Unknown : Verdicts.Ok;

    /// <summary>Holds a history to every promise.</summary>
    public static Judgement Of(RunHistory history)
    {
        var unjudged = new List<string>(history.End?.Unjudged ?? []);
        if (history.End is null)
        {
            unjudged.Add("the run did not come to its end, so what its end would have shown is unknown");
        }

        if (history.Operations.Count == 0)
        {
            unjudged.Add("there is not one operation");
        }

        unjudged.AddRange(history.Operations.GroupBy(operation => operation.Workload)
            .Where(workload => !workload.Any(operation => operation is { Outcome: Outcome.Ok, Consistency: null }))
            .Select(workload => $"of workload '{workload.Key}', nothing that changes anything succeeded, so its check had nothing to look at"));

        var (violations, checks) = (new List<Violation>(), new List<(string, int, int)>());
        void Check(string name, int looked, IEnumerable<Violation> found)
        {
            var before = violations.Count;
            violations.AddRange(found);
            checks.Add((name, looked, violations.Count - before));
        }

        void CheckOf(string workload, string name, Func<List<Operation>, IEnumerable<Violation>> judge)
        {
            var operations = history.Of(workload).ToList();
            Check(name, operations.Count, judge(operations));
        }

        var all = history.Operations;
        var registers = all.Where(operation => operation.Workload is Workload.Register or Workload.Session).ToList();
        Check("linearizable, each key", registers.Count, RegisterCheck.Judge(registers, unjudged.Add));
        Check("pictures at a revision", all.Count(operation => operation.Consistency is not null), PictureCheck.Judge(all));
        Check("sessions", all.Count(operation => operation.Session is not null), SessionCheck.Judge(all));
        Check("revisions are one history", all.Count(AcknowledgedWrites.MakesARevision), WriteOrderCheck.Judge(all));
        Check("one leader a term, one state an index", history.Views.Count, ViewCheck.Judge(history.Views, history.Faults));
        CheckOf(Workload.Ledger, "acknowledged writes are kept", LedgerCheck.Judge);
        CheckOf(Workload.Counter, "exactly once", ExactlyOnceCheck.Judge);
        CheckOf(Workload.Bank, "transactions, by the bank", BankCheck.Judge);
        CheckOf(Workload.List, "lists of appends", AppendCheck.Judge);
        CheckOf(Workload.Lock, "locks exclude, by a fenced counter", LockCheck.Judge);
        CheckOf(Workload.Lease, "leases", LeaseCheck.Judge);
        CheckOf(Workload.Table, "tables, each column", TableCheck.Judge);
        Check(
            "backups, restored",
            all.Count(operation => operation is { Workload: Workload.Backup, Kind: OperationKind.Save, Outcome: Outcome.Ok }),
            (history.End?.Violations ?? []).Where(IsOfBackups).Select(Ended));
        Check("the feed is the log", history.Feed.Count, FeedCheck.Judge(history.Feed, all));
        Check("recovery in time", history.Faults.Count, Gaps.Judge(history));
        Check("answers say what became of a write", all.Count, all.Where(operation => operation.Outcome == Outcome.Dishonest).Select(Dishonest));
        Check("disks and ends of nodes", history.Run?.Nodes.Count ?? 0, (history.End?.Violations ?? []).Where(violation => !IsOfBackups(violation)).Select(Ended));
        return new Judgement(violations, unjudged, checks);
    }

    private static Violation Dishonest(Operation operation) =>
        new(Promise.AnswersAreHonest, operation.Key, $"an answer of {operation.Node} that says what became of it", operation.Error ?? "")
        { Evidence = [operation] };

    private static bool IsOfBackups(EndViolation violation) => violation.Promise == nameof(Promise.BackupsRestore);

    private static Violation Ended(EndViolation violation) => new(
        Enum.Parse<Promise>(violation.Promise), violation.Subject, violation.Expected, violation.Found);
}

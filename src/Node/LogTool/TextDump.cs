using RaftCluster.Node.Consensus.Log;

namespace RaftCluster.Node.LogTool;

/// <summary>For people.</summary>
internal sealed class TextDump(TextWriter writer) : IDump
{
    private string? _file;

    /// <inheritdoc/>
    public void Show(LogStep step, string? malformed)
    {
        var finding = step.Finding;
        var what = finding switch
        {
            LogFinding.Void gone => $"void: the log begins anew in {gone.Since}, and the next start removes this segment",
            LogFinding.SegmentBegins { BeginsAnew: true } begins =>
                $"the log begins anew behind a snapshot, after index {begins.BaseIndex} of term {begins.BaseTerm}",
            LogFinding.SegmentBegins begins => $"a segment begins, after index {begins.BaseIndex} of term {begins.BaseTerm}",
            LogFinding.Written written => Of(written.Entry, malformed) + Of(step.Replaces),
            LogFinding.Marked => "mark: everything before is synced",
            LogFinding.Torn => "torn tail: never reported as synced",
            LogFinding.Damaged damaged => $"DAMAGED: {damaged.What}; the log can't be trusted from index {step.Index} on",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (_file is null)
        {
            writer.WriteLine("file                     offset       index  term  kind             length  holds");
        }

        _file = finding.File;
        writer.WriteLine($"{finding.File,-20} {finding.Offset,10}  {what}");
    }

    private static string Of(LogEntry entry, string? malformed)
    {
        var holds = entry.Kind switch
        {
            LogEntryKind.Command when !entry.Payload.IsEmpty => malformed ?? EntryText.Of(entry.Payload.Span),
            _ => "",
        };
        return $"{entry.Index,10}  {entry.Term,4}  {Kinds.Name(entry.Kind),-13}  {entry.Payload.Length,8}  {holds}".TrimEnd();
    }

    private static string Of(Replaced? replaced) => replaced switch
    {
        null => "",
        { Count: 1 } one => $"  [replaces {one.First} of term {one.FirstTerm}]",
        { } many => $"  [replaces {many.First} to {many.Last} of terms {many.FirstTerm} to {many.LastTerm}]",
    };
}

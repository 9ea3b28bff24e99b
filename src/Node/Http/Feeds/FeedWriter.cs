using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using RaftCluster.Node.Changes;
using RaftCluster.Node.Tables;

namespace RaftCluster.Node.Http.Feeds;

/// <summary>Writes a feed into an answer's body, in one of its forms.</summary>
internal sealed class FeedWriter(PipeWriter body, FeedForm form, string mark) : IFeedOutput, IBufferWriter<byte>
{
    /// <inheritdoc/>
    public long Written { get; private set; }

    /// <summary>How much of it was not sent on its way yet.</summary>
    public long Unsent { get; private set; }

    /// <summary>How many events were written.</summary>
    public long Events { get; private set; }

    /// <summary>Begins: a reader that is cut off comes back after a second.</summary>
    public void Begin()
    {
        if (form == FeedForm.Events)
        {
            this.Write("retry: 1000\n\n"u8);
        }
    }

    /// <inheritdoc/>
    public void Write(RenderedEvent rendered, ChangeFilter filter)
    {
        var wanted = rendered.CountWanted(filter);
        if (wanted == 0)
        {
            return;
        }

        var isAll = rendered.IsAll(wanted);
        if (isAll && form == FeedForm.Events)
        {
            Events++;
            this.Write(rendered.Framed);
            return;
        }

        BeginEvent();
        this.Write(form == FeedForm.Events ? rendered.FrameBegin : default);
        if (isAll)
        {
            this.Write(rendered.Data);
        }
        else
        {
            rendered.WriteWanted(this, filter);
        }

        EndEvent();
    }

    /// <inheritdoc/>
    public IBufferWriter<byte> BeginEvent(long revision)
    {
        BeginEvent();
        if (form == FeedForm.Events)
        {
            EventFrames.WriteBegin(this, revision, mark);
        }

        return this;
    }

    /// <inheritdoc/>
    public void EndEvent() => this.Write(form switch
    {
        FeedForm.Events => RenderedEvent.FrameEnd,
        FeedForm.Lines => "\n"u8,
        _ => default,
    });

    /// <summary>Writes how far the feed has come.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="resumable">Whether a reader that is cut off may go on behind it.</param>
    public void Progress(long revision, bool resumable) =>
        Named("progress", resumable ? revision : null, string.Create(CultureInfo.InvariantCulture, $"\"revision\":{revision}"));

    /// <summary>Writes that this is the end, and where another feed goes on.</summary>
    /// <param name="next">The first revision that was not sent; 0 when the rows have to be sent again.</param>
    /// <param name="reason">Why, in a word.</param>
    /// <param name="detail">Why, in a sentence.</param>
    public void Closed(long next, string reason, string detail) => Named(
        "closed",
        next > 0 ? next - 1 : null,
        string.Create(CultureInfo.InvariantCulture, $"\"reason\":\"{reason}\",\"detail\":\"{detail}\",\"next\":{next}"));

    /// <summary>Writes what went wrong.</summary>
    public void Error(Call call, Problem problem, long revision)
    {
        var data = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(data, JsonText.Options))
        {
            call.Write(json, problem, Statuses.Of(problem.Code), revision);
        }

        // Behind the brace.
        Named("error", id: null, Encoding.UTF8.GetString(data.WrittenSpan[1..^1]));
    }

    /// <summary>Ends a batch.</summary>
    /// <param name="next">Where the next one begins.</param>
    public void EndBatch(long next)
    {
        this.Write(Events == 0 ? "{\"events\":["u8 : default);
        this.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"],\"next\":{next}}}")));
    }

    /// <summary>Sends what was written on its way.</summary>
    public ValueTask<FlushResult> FlushAsync()
    {
        Unsent = 0;
        return body.FlushAsync();
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        body.Advance(count);
        Written += count;
        Unsent += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => body.GetMemory(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => body.GetSpan(sizeHint);

    private void BeginEvent()
    {
        if (form == FeedForm.Batch)
        {
            this.Write(Events == 0 ? "{\"events\":["u8 : ","u8);
        }

        Events++;
    }

    /// <summary>An event that is no transaction. Its data names it too: lines have no other place for that.</summary>
    private void Named(string name, long? id, string members)
    {
        var text = new StringBuilder();
        if (form == FeedForm.Events)
        {
            text.Append(id is null ? "" : string.Create(CultureInfo.InvariantCulture, $"id: {id}{mark}\n"));
            text.Append("event: ").Append(name).Append("\ndata: ");
        }

        text.Append("{\"event\":\"").Append(name).Append("\",").Append(members).Append(form == FeedForm.Events ? "}\n\n" : "}\n");
        this.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }
}

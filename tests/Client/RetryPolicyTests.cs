using System.Net;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class RetryPolicyTests
{
    // status, outcome, retryable → verdict for a read, for a write, for a write that may be repeated
    public static TheoryData<int, string?, bool, string, string, string> Answers => new()
    {
        { 200, null, false, "Done", "Done", "Done" },
        { 201, null, false, "Done", "Done", "Done" },
        { 202, null, false, "Done", "Done", "Done" },
        { 304, null, false, "Done", "Done", "Done" },
        { 404, "not-applied", false, "Done", "Done", "Done" },
        { 412, "not-applied", false, "Done", "Done", "Done" },
        { 307, null, false, "Fail", "Fail", "Fail" },
        { 400, "not-applied", false, "Fail", "Fail", "Fail" },
        { 400, null, false, "Fail", "Fail", "Fail" },
        { 409, "not-applied", false, "Fail", "Fail", "Fail" },
        { 409, "not-applied", true, "Retry", "Retry", "Retry" },
        { 410, null, false, "Fail", "Fail", "Fail" },
        { 413, "not-applied", false, "Fail", "Fail", "Fail" },
        { 429, "not-applied", true, "Retry", "Retry", "Retry" },
        { 429, null, false, "Retry", "Retry", "Retry" },
        { 500, "unknown", false, "Retry", "Unknown", "Retry" },
        { 500, null, false, "Retry", "Unknown", "Retry" },
        { 502, null, false, "Retry", "Unknown", "Retry" },
        { 503, "not-applied", true, "Retry", "Retry", "Retry" },
        { 503, "not-applied", false, "Retry", "Fail", "Fail" },
        { 503, null, false, "Retry", "Unknown", "Retry" },
        { 503, "unknown", true, "Retry", "Unknown", "Retry" },
        { 504, "unknown", false, "Retry", "Unknown", "Retry" },
        // A node that holds an unknown write to be repeatable had a key from it; without one it is not.
        { 504, "unknown", true, "Retry", "Unknown", "Retry" },
        { 504, "applied", false, "Retry", "Fail", "Fail" },
        { 504, null, false, "Retry", "Unknown", "Retry" },
        { 507, "not-applied", false, "Fail", "Fail", "Fail" },
        { 507, "not-applied", true, "Retry", "Retry", "Retry" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_decides(int status, string? outcome, bool retryable, string read, string write, string repeatable)
    {
        var problem = outcome is null && !retryable ? null : new Problem { Status = status, Outcome = Named(outcome), Retryable = retryable };
        var attempt = new Attempt.Answered(
            (HttpStatusCode)status, new AnswerHeaders(null, null, null, null, null, null, null, null, null), [], problem, RetryAfter: null);

        Assert.Equal(read, RetryPolicy.Decide(CallKind.Read, attempt).ToString());
        Assert.Equal(write, RetryPolicy.Decide(CallKind.Write, attempt).ToString());
        Assert.Equal(repeatable, RetryPolicy.Decide(CallKind.RepeatableWrite, attempt).ToString());
    }

    [Fact]
    public void What_was_never_sent_is_tried_again()
    {
        var attempt = new Attempt.NotSent("refused", new IOException());

        Assert.All(Enum.GetValues<CallKind>(), kind =>
        {
            Assert.Equal(Verdict.Retry, RetryPolicy.Decide(kind, attempt));
            Assert.False(RetryPolicy.LeavesOpen(kind, attempt));
        });
    }

    [Fact]
    public void A_lost_write_is_unknown_and_what_else_is_lost_is_tried_again()
    {
        var attempt = new Attempt.Lost("reset", new IOException());

        Assert.Equal(Verdict.Retry, RetryPolicy.Decide(CallKind.Read, attempt));
        Assert.Equal(Verdict.Unknown, RetryPolicy.Decide(CallKind.Write, attempt));
        Assert.Equal(Verdict.Retry, RetryPolicy.Decide(CallKind.RepeatableWrite, attempt));
        Assert.False(RetryPolicy.LeavesOpen(CallKind.Read, attempt));
        Assert.True(RetryPolicy.LeavesOpen(CallKind.RepeatableWrite, attempt));
    }

    [Fact]
    public void Pauses_double_up_to_their_bound_and_spread_over_their_upper_half()
    {
        var first = TimeSpan.FromMilliseconds(25);
        var longest = TimeSpan.FromSeconds(1);

        Assert.Equal(TimeSpan.FromMilliseconds(12.5), Backoff.Of(0, first, longest, spread: 0));
        Assert.Equal(TimeSpan.FromMilliseconds(25), Backoff.Of(0, first, longest, spread: 1));
        Assert.Equal(TimeSpan.FromMilliseconds(200), Backoff.Of(3, first, longest, spread: 1));
        Assert.Equal(longest, Backoff.Of(6, first, longest, spread: 1));
        Assert.Equal(longest, Backoff.Of(1_000_000, first, longest, spread: 1));
    }

    private static Outcome Named(string? outcome) => outcome switch
    {
        "not-applied" => Outcome.NotApplied,
        "applied" => Outcome.Applied,
        "unknown" => Outcome.Unknown,
        _ => Outcome.Unspecified,
    };
}

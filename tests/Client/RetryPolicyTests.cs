using System.Net;
using RaftCluster.Client;

namespace RaftCluster.Tests.Client;

public sealed class RetryPolicyTests
{
    // status, outcome, retryable → verdict for a read, for a write
    public static TheoryData<int, string?, bool, string, string> Answers => new()
    {
        { 200, null, false, "Done", "Done" },
        { 201, null, false, "Done", "Done" },
        { 202, null, false, "Done", "Done" },
        { 304, null, false, "Done", "Done" },
        { 404, "not-applied", false, "Done", "Done" },
        { 412, "not-applied", false, "Done", "Done" },
        { 307, null, false, "Fail", "Fail" },
        { 400, "not-applied", false, "Fail", "Fail" },
        { 400, null, false, "Fail", "Fail" },
        { 409, "not-applied", false, "Fail", "Fail" },
        { 409, "not-applied", true, "Retry", "Retry" },
        { 410, null, false, "Fail", "Fail" },
        { 413, "not-applied", false, "Fail", "Fail" },
        { 429, "not-applied", true, "Retry", "Retry" },
        { 429, null, false, "Retry", "Retry" },
        { 500, "unknown", false, "Retry", "Unknown" },
        { 500, null, false, "Retry", "Unknown" },
        { 502, null, false, "Retry", "Unknown" },
        { 503, "not-applied", true, "Retry", "Retry" },
        { 503, "not-applied", false, "Retry", "Fail" },
        { 503, null, false, "Retry", "Unknown" },
        { 503, "unknown", true, "Retry", "Unknown" },
        { 504, "unknown", false, "Retry", "Unknown" },
        // A node that holds an unknown write to be repeatable had a key from it; this client sends none.
        { 504, "unknown", true, "Retry", "Unknown" },
        { 504, "applied", false, "Retry", "Fail" },
        { 504, null, false, "Retry", "Unknown" },
        { 507, "not-applied", false, "Fail", "Fail" },
        { 507, "not-applied", true, "Retry", "Retry" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_decides(int status, string? outcome, bool retryable, string read, string write)
    {
        var problem = outcome is null && !retryable ? null : new Problem { Status = status, Outcome = Named(outcome), Retryable = retryable };
        var attempt = new Attempt.Answered(
            (HttpStatusCode)status, new AnswerHeaders(null, null, null, null, null, null, null, null, null), [], problem, RetryAfter: null);

        Assert.Equal(read, RetryPolicy.Decide(isWrite: false, attempt).ToString());
        Assert.Equal(write, RetryPolicy.Decide(isWrite: true, attempt).ToString());
    }

    [Fact]
    public void What_was_never_sent_is_tried_again()
    {
        var attempt = new Attempt.NotSent("refused", new IOException());

        Assert.Equal(Verdict.Retry, RetryPolicy.Decide(isWrite: false, attempt));
        Assert.Equal(Verdict.Retry, RetryPolicy.Decide(isWrite: true, attempt));
    }

    [Fact]
    public void A_lost_read_is_tried_again_and_a_lost_write_is_unknown()
    {
        var attempt = new Attempt.Lost("reset", new IOException());

        Assert.Equal(Verdict.Retry, RetryPolicy.Decide(isWrite: false, attempt));
        Assert.Equal(Verdict.Unknown, RetryPolicy.Decide(isWrite: true, attempt));
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

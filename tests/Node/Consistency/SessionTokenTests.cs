using CsCheck;
using RaftCluster.Node.Consistency;

namespace RaftCluster.Tests.Node.Consistency;

public sealed class SessionTokenTests
{
    private static readonly Gen<SessionToken> _tokens =
        Gen.Select(Gen.ULong, Gen.Int[1, int.MaxValue], Gen.Long[0, long.MaxValue], (cluster, epoch, revision) =>
            new SessionToken(cluster, epoch, revision));

    /// <summary>The format stands: clients keep tokens across upgrades.</summary>
    [Theory]
    [InlineData(0x0123456789abcdef, 1, 0, "AQEjRWeJq83vAAAAAQAAAAAAAAAAKsJ8xS8d")]
    [InlineData(0x0123456789abcdef, 1, 18342, "AQEjRWeJq83vAAAAAQAAAAAAAEemFs86Sy8Q")]
    [InlineData(ulong.MaxValue, int.MaxValue, long.MaxValue, "Af__________f____3__________2vogwXWd")]
    public void It_is_written_as_ever(ulong cluster, int epoch, long revision, string text)
    {
        var token = new SessionToken(cluster, epoch, revision);

        Assert.Equal(text, token.ToString());
        Assert.True(SessionToken.TryParse(text, out var read));
        Assert.Equal(token, read);
    }

    [Fact]
    public void Every_token_reads_back() => _tokens.Sample(token =>
        SessionToken.TryParse(token.ToString(), out var read) && read == token && token.ToString().Length == SessionToken.TextLength);

    [Fact]
    public void One_wrong_character_is_noticed_wherever_it_is() =>
        Gen.Select(_tokens, Gen.Int[0, SessionToken.TextLength - 1], Gen.Char["ABYZabyz0189-_+/= \n%"]).Sample((token, at, letter) =>
        {
            var text = token.ToString();
            var damaged = text[..at] + letter + text[(at + 1)..];
            return damaged == text || !SessionToken.TryParse(damaged, out _);
        });

    [Fact]
    public void Anything_else_is_no_token() =>
        Gen.String.Sample(text => !SessionToken.TryParse(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("AQEjRWeJq83vAAAAAQAAAAAAAAAAKsJ8xS8")]
    [InlineData("AQEjRWeJq83vAAAAAQAAAAAAAAAAKsJ8xS8dA")]
    [InlineData("AQEjRWeJq83vAAAAAQAAAAAAAAAAKsJ8xS8d=")]
    [InlineData(" AQEjRWeJq83vAAAAAQAAAAAAAAAAKsJ8xS8d")]
    [InlineData("AQEjRWeJq83vAAAAAQ AAAAAAAAAKsJ8xS8d")]
    public void A_token_has_one_spelling(string text) => Assert.False(SessionToken.TryParse(text, out _));

    [Fact]
    public void A_token_of_no_epoch_or_before_the_begin_is_none()
    {
        Assert.False(SessionToken.TryParse(new SessionToken(1, 0, 5).ToString(), out _));
        Assert.False(SessionToken.TryParse(new SessionToken(1, -1, 5).ToString(), out _));
        Assert.False(SessionToken.TryParse(new SessionToken(1, 1, -5).ToString(), out _));
    }
}

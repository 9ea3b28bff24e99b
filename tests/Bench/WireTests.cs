using System.Text;
using RaftCluster.Bench;
using RaftCluster.Bench.Load;
using RaftCluster.Bench.Suite;
using RaftCluster.Bench.Wire;

namespace RaftCluster.Tests.Bench;

/// <summary>What the load generator sends, and what of its command line it takes.</summary>
public sealed class WireTests
{
    [Fact]
    public void Keys_have_one_length_and_differ_in_their_last_digits()
    {
        var rows = new Rows(1_000, keySize: 12, valueSize: 4);

        Assert.Equal("b00000000000", Encoding.ASCII.GetString(rows.Key(0)));
        Assert.Equal("b00000000907", Encoding.ASCII.GetString(rows.Key(907)));
        Assert.Equal("b02147483647", Encoding.ASCII.GetString(rows.Key(int.MaxValue)));
    }

    [Fact]
    public void A_template_has_the_key_asked_for_and_those_behind_it_in_its_places()
    {
        var rows = new Rows(100, keySize: 12, valueSize: 4);
        var inner = new Template(rows).AddKey().Add(";"u8);
        var template = new Template(rows).Add("<"u8).Add(inner).Add(inner).Add(">"u8);

        Assert.Equal("<b00000000007;b00000000008;>", Encoding.ASCII.GetString(template.For(7)));
        Assert.Equal("<b00000000099;b00000000000;>", Encoding.ASCII.GetString(template.For(99)));
        Assert.Equal(template.Length, template.For(3).Length);
    }

    [Fact]
    public void Where_keys_stand_in_base64_they_are_written_so()
    {
        var rows = new Rows(100, keySize: 32, valueSize: 4);
        var template = new Template(rows, base64: true).Add("\""u8).AddKey().Add("\""u8);

        Assert.Equal($"\"{Convert.ToBase64String(rows.Key(42))}\"", Encoding.ASCII.GetString(template.For(42)));
    }

    [Fact]
    public void The_suite_has_every_row_once_and_knows_it_by_its_name()
    {
        Assert.Equal(SuiteRow.All.Count, SuiteRow.All.Select(row => row.Name).Distinct().Count());
        Assert.All(SuiteRow.All, row => Assert.Same(row, SuiteRow.Parse(row.Name)));
        Assert.Throws<FormatException>(() => SuiteRow.Parse("put"));
    }

    [Theory]
    [InlineData("suite --only put-1,gap-kill --repeat 3 --gaps 5 --quick --rows 100000 --output x --against y.json", null)]
    [InlineData("suite --only put", "no row is called 'put'")]
    [InlineData("suite --repeat 0", "'0' is not a number from 1 to 100")]
    [InlineData("suite --gaps 1001", "'1001' is not a number from 1 to 1000")]
    [InlineData("suite --rows 999", "'999' is not a number from 1000 to 10000000")]
    [InlineData("suite --duration 5", "'5' is not a time such as 10s")]
    [InlineData("growth --only clients,readers --values 64,1048576 --rows 1000 --duration 1s --output x", null)]
    [InlineData("growth --only cost", "no growth is called 'cost'")]
    [InlineData("growth --values 1048577", "'1048577' is not a number from 1 to 1048576")]
    [InlineData("growth --nodes 2", "'2' is not 1, 3, 5 or 7")]
    [InlineData("run --work txn --value-size 501", "with --work txn a value has at most 500 bytes")]
    [InlineData("run --work get", "no work is called 'get'")]
    public void A_command_line_is_taken_or_refused_with_a_reason(string line, string? error)
    {
        var errors = BenchCommand.Create().Parse(line).Errors.Select(found => found.Message).ToList();

        Assert.Equal(error is null, errors.Count == 0);
        Assert.All(errors, found => Assert.Contains(error!, found, StringComparison.Ordinal));
    }
}

using System.Diagnostics;
using RaftCluster.Cli;

namespace RaftCluster.Tests.Cli;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash", "complete -o default -F _raftctl raftctl")]
    [InlineData("zsh", "#compdef raftctl")]
    [InlineData("fish", "complete -c raftctl")]
    [InlineData("powershell", "Register-ArgumentCompleter -Native -CommandName raftctl")]
    public async Task There_is_a_script_for_each_shell(string shell, string line)
    {
        var prompt = new Prompt();
        Assert.Equal(ExitCodes.Ok, await prompt.RunAsync("completion", shell));
        Assert.Contains(line, prompt.Out, StringComparison.Ordinal);
        Assert.Contains("[suggest:", prompt.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_shell_is_refused()
    {
        var prompt = new Prompt();
        Assert.Equal(ExitCodes.Usage, await prompt.RunAsync("completion", "csh"));
        Assert.Contains("csh", prompt.Error, StringComparison.Ordinal);
    }

    /// <summary>In a real bash, with the real program.</summary>
    [Theory]
    [InlineData("raftctl comp", "compact completion")]
    [InlineData("raftctl leader tr", "transfer")]
    [InlineData("raftctl compact --k", "--keep")]
    [InlineData("raftctl completion z", "zsh")]
    [InlineData("raftctl frobnicate x", "")]
    public async Task A_bash_completes_words(string typed, string words)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "there is no bash here");
        var program = Path.Combine(Path.GetDirectoryName(typeof(Raftctl).Assembly.Location)!, "raftctl.dll");
        var parts = typed.Split(' ');
        var script = $$"""
            raftctl() { '{{Environment.ProcessPath switch { { } host when host.EndsWith("dotnet", StringComparison.Ordinal) => host, _ => "dotnet" }}}' '{{program}}' "$@"; }
            eval "$(raftctl completion bash)"
            COMP_WORDS=({{typed}}) COMP_CWORD={{parts.Length - 1}} COMP_LINE='{{typed}}' COMP_POINT={{typed.Length}}
            _raftctl
            echo "${COMPREPLY[@]}"
            """;
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { RedirectStandardOutput = true })!;
        var said = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(words, string.Join(' ', said.Trim().Split(' ').Order(StringComparer.Ordinal)));
    }
}

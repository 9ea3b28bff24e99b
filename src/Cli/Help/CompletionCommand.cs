using System.CommandLine;

namespace RaftCluster.Cli;

/// <summary><c>raftctl completion</c>: the script by which a shell completes this program's commands and options.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # raftctl completion for bash. Now: source <(raftctl completion bash)
        # For good: raftctl completion bash > ~/.local/share/bash-completion/completions/raftctl
        _raftctl()
        {
            local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}"
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _raftctl raftctl
        """;

    private const string Zsh = """
        #compdef raftctl
        # raftctl completion for zsh. Now: source <(raftctl completion zsh)
        # For good: raftctl completion zsh > a file _raftctl in a folder of $fpath
        _raftctl()
        {
            local -a found
            found=("${(@f)$(raftctl "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            found=("${(@)found:#/*}")
            compadd -a found || _files
        }
        compdef _raftctl raftctl
        """;

    private const string Fish = """
        # raftctl completion for fish. For good: raftctl completion fish > ~/.config/fish/completions/raftctl.fish
        function __raftctl_suggest
            raftctl "[suggest:"(commandline -C)"]" (commandline | string collect) 2>/dev/null | string match -v '/*'
        end
        # Files are for where there is nothing else.
        complete -c raftctl -f -n '__raftctl_suggest | count >/dev/null' -a '(__raftctl_suggest)'
        """;

    private const string PowerShell = """
        # raftctl completion for PowerShell. For good: raftctl completion powershell >> $PROFILE
        Register-ArgumentCompleter -Native -CommandName raftctl -ScriptBlock {
            param($word, $line, $at)
            raftctl "[suggest:$at]" "$line" 2>$null | Where-Object { $_ -like "$word*" -and $_ -notlike '/*' } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    internal static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, fish or powershell." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "powershell");
        var command = new Command("completion", "Prints the script by which a shell completes raftctl's commands and options.") { shell };
        command.SetAction(parsed =>
        {
            terminal.Out.WriteLine(parsed.GetRequiredValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                _ => PowerShell,
            });
            return ExitCodes.Ok;
        });
        return command;
    }
}

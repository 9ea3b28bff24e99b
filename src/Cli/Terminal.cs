using Spectre.Console;

namespace RaftCluster.Cli;

/// <summary>Where a command reads from and writes to.</summary>
internal sealed class Terminal
{
    /// <summary>Text to standard output.</summary>
    internal required TextWriter Out { get; init; }

    /// <summary>Bytes to standard output: values as they are.</summary>
    internal required Stream OutBytes { get; init; }

    /// <summary>What is for people: failures, hints.</summary>
    internal required TextWriter Error { get; init; }

    /// <summary>Standard input.</summary>
    internal required Stream In { get; init; }

    /// <summary>Whether a person sees the output.</summary>
    internal required bool IsInteractive { get; init; }

    /// <summary>Looks up an environment variable.</summary>
    internal required Func<string, string?> Environment { get; init; }

    /// <summary>The clock.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Ends when stopping must not wait any longer: the second Ctrl-C.</summary>
    internal CancellationToken Hurry { get; init; }

    /// <summary>The signals that this process gets.</summary>
    internal SignalRelay Signals { get; init; } = new();

    /// <summary>Draws tables on <see cref="Out"/>.</summary>
    internal IAnsiConsole Canvas => field ??= AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = IsInteractive ? new AnsiConsoleOutput(Out) : new PlainOutput(Out),
        Ansi = IsInteractive ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = IsInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = IsInteractive ? InteractionSupport.Detect : InteractionSupport.No,
    });

    /// <summary>This process's own.</summary>
    internal static Terminal OfProcess(Signals signals) => new()
    {
        Out = Console.Out,
        OutBytes = Console.OpenStandardOutput(),
        Error = Console.Error,
        In = Console.OpenStandardInput(),
        IsInteractive = !Console.IsOutputRedirected,
        Environment = System.Environment.GetEnvironmentVariable,
        Hurry = signals.Hurry,
        Signals = signals.Relay,
    };

    /// <summary>A pipe or a file has no width: nothing is cut or wrapped for it.</summary>
    private sealed class PlainOutput(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => false;

        public int Width => 1000;

        public int Height => 25;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}

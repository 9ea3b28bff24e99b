using Spectre.Console;

namespace RaftCluster.Chaos;

/// <summary>Where people look.</summary>
internal static class Terminal
{
    /// <summary>A file has no width: nothing is wrapped for it.</summary>
    private const int FileWidth = 1_000;

    /// <summary>Opens it.</summary>
    public static IAnsiConsole Open()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = FileWidth;
        }

        return console;
    }
}

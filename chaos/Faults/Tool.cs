using System.ComponentModel;
using System.Diagnostics;

namespace RaftCluster.Chaos.Faults;

/// <summary>Runs the system's programs.</summary>
internal static class Tool
{
    /// <summary>Runs one to its end.</summary>
    /// <returns>What it said on standard error when it failed; null when it succeeded.</returns>
    public static async Task<string?> TryAsync(string program, params string[] arguments) => (await EndAsync(program, arguments)).Failure;

    /// <summary>Runs one that must succeed.</summary>
    /// <exception cref="HarnessException">It failed.</exception>
    public static Task RunAsync(string program, params string[] arguments) => ReadAsync(program, arguments);

    /// <summary>Runs one that must succeed.</summary>
    /// <returns>What it said on standard output.</returns>
    /// <exception cref="HarnessException">It failed.</exception>
    public static async Task<string> ReadAsync(string program, params string[] arguments)
    {
        var (failure, output) = await EndAsync(program, arguments);
        return failure is null ? output : throw new HarnessException(failure);
    }

    private static async Task<(string? Failure, string Output)> EndAsync(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = await process.StandardError.ReadToEndAsync();
            var said = await output;
            await process.WaitForExitAsync();
            return (process.ExitCode == 0 ? null : $"{program} ended with {process.ExitCode}: {error.Trim()}", said);
        }
        catch (Win32Exception absent)
        {
            return ($"{program} can't be run: {absent.Message}", "");
        }
    }
}

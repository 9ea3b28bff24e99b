using System.CommandLine;
using System.CommandLine.Parsing;

namespace RaftCluster.Cli;

/// <summary>Looks at values while a command line is still being judged.</summary>
internal static class Validation
{
    /// <summary>An option's value, or nothing when it is left out or malformed: the parser itself tells of the latter.</summary>
    internal static T? Given<T>(this CommandResult result, Option<T> option)
    {
        try
        {
            return result.GetValue(option);
        }
        catch (InvalidOperationException)
        {
            // Values are converted when first asked for, and this is how the parser says that one can't be.
            return default;
        }
    }

    /// <summary>An argument's value, or nothing.</summary>
    internal static T? Given<T>(this CommandResult result, Argument<T> argument)
    {
        try
        {
            return result.GetValue(argument);
        }
        catch (InvalidOperationException)
        {
            return default;
        }
    }
}

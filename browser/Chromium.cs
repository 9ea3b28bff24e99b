namespace RaftCluster.Browser;

/// <summary>The browser of this machine.</summary>
internal static class Chromium
{
    private static readonly string[] _usual =
    [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", @"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];

    /// <summary>Its program: what <c>CHROMIUM</c> names, or where it usually is.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("CHROMIUM") ?? _usual.FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("no Chromium was found: install it (Debian: apt-get install chromium), or name its program in CHROMIUM");
}

using System.Text.Json;
using RaftCluster.Tests.Architecture;

namespace RaftCluster.Tests.Deploy;

/// <summary>What the programs of each platform are made of is what they are made of here, and what the platform needs beside it.</summary>
public sealed class LockTests
{
    public static TheoryData<string> Locks =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "deploy/locks"), "*.json", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Locks))]
    public void A_platforms_lock_file_has_every_package_in_the_version_of_the_ordinary_one(string platform)
    {
        var project = Path.GetFileNameWithoutExtension(platform)["RaftCluster.".Length..];
        var there = Packages(platform);
        foreach (var (name, version) in Packages($"src/{project}/packages.lock.json"))
        {
            Assert.True(
                there.TryGetValue(name, out var found) && found == version,
                $"{platform} has {name} {found ?? "not at all"}, and src/{project} has {version}: "
                + $"dotnet restore src/{project} -p:RuntimeIdentifier={platform.Split('/')[^2]} -p:PublishSingleFile=true --force-evaluate");
        }
    }

    private static Dictionary<string, string?> Packages(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, file)));
        var packages = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var package in json.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(target => target.Value.EnumerateObject()))
        {
            if (package.Value.TryGetProperty("resolved", out var version))
            {
                packages[package.Name] = version.GetString();
            }
        }

        return packages;
    }
}

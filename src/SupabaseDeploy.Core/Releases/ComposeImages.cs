using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Releases;

/// <summary>
/// Reads the images of the compose files that stages name, as far as they are written with a digest. An image that is named by a tag is
/// not the same everywhere and at all times, so a release cannot say what it is.
/// </summary>
internal static class ComposeImages
{
    public static IReadOnlyDictionary<string, string> Read(ProjectFolder project, ConfigurationFiles files)
    {
        var images = new SortedDictionary<string, string>(StringComparer.Ordinal);
        IEnumerable<string> composes = files.Pipeline?.Stages.Select(stage => stage.Compose?.Value).OfType<string>().Where(path => !Reference.IsIn(path)).Distinct() ?? [];
        foreach (string path in composes.Select(path => Path.GetFullPath(path, project.Root)).Where(File.Exists))
        {
            foreach (MapEntry service in Services(path))
            {
                if (service.Value is MapNode map && Image(map) is { } image)
                {
                    images[service.Key.Text] = image;
                }
            }
        }

        return images;
    }

    private static IReadOnlyList<MapEntry> Services(string path)
    {
        var problems = new ProblemList(path);
        return YamlTree.Parse(File.ReadAllText(path), problems) is MapNode root && root.Entries.FirstOrDefault(entry => entry.Key.Text == "services")?.Value is MapNode services
            ? services.Entries
            : [];
    }

    private static string? Image(MapNode service) =>
        service.Entries.FirstOrDefault(entry => entry.Key.Text == "image")?.Value is ScalarNode image && image.Text.Contains("@sha256:", StringComparison.Ordinal) && !image.Text.Contains('$', StringComparison.Ordinal)
            ? image.Text
            : null;
}

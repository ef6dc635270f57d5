using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The project's own mails: <c>auth.email.template</c> and <c>auth.email.notification</c>. GoTrue gets templates by URL
/// (<see href="https://github.com/supabase/auth/blob/master/internal/mailer/templatemailer/template.go"/>), so the gateway serves the files.
/// </summary>
internal static class MailTemplates
{
    /// <summary>The keys that this honours, as <see cref="HonouredKeys"/> writes them.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    [
        "auth.email.template.*.subject", "auth.email.template.*.content_path",
        "auth.email.notification.*.enabled", "auth.email.notification.*.subject", "auth.email.notification.*.content_path",
    ];

    /// <summary>The files, by the names they are served under.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidSupabaseConfiguration"/>: one is not there.</exception>
    public static IReadOnlyDictionary<string, string> Files(SupabaseConfiguration configuration, ProjectFolder project) =>
        All(configuration, project).Where(mail => mail.File is not null).ToDictionary(mail => mail.Name, mail => mail.File!);

    /// <summary>The same, where Auth is among the services: without it nobody asks for them, and nothing is amiss where one is not there.</summary>
    public static IReadOnlyDictionary<string, string> FilesFor(IEnumerable<string> services, SupabaseConfiguration configuration, ProjectFolder project) =>
        services.Contains(ServiceCatalog.AuthName) ? Files(configuration, project) : new Dictionary<string, string>();

    /// <summary>GoTrue's variables.</summary>
    /// <param name="configuration">What the project says.</param>
    /// <param name="project">The project, which paths begin at.</param>
    /// <param name="gatewayUrl">The gateway, as GoTrue reaches it.</param>
    public static IReadOnlyDictionary<string, string> Variables(SupabaseConfiguration configuration, ProjectFolder project, string gatewayUrl)
    {
        var variables = new Dictionary<string, string>();
        foreach (Mail mail in All(configuration, project))
        {
            string name = mail.Name.ToUpperInvariant();
            if (mail.Notification is { } notification)
            {
                variables[$"GOTRUE_MAILER_NOTIFICATIONS_{notification.ToUpperInvariant()}_ENABLED"] = "true";
            }

            if (mail.Subject is { Length: > 0 } subject)
            {
                variables[$"GOTRUE_MAILER_SUBJECTS_{name}"] = subject;
            }

            if (mail.File is not null)
            {
                variables[$"GOTRUE_MAILER_TEMPLATES_{name}"] = $"{gatewayUrl}{ServicePlan.MailPath}/{mail.Name}";
                variables["GOTRUE_MAILER_TEMPLATE_RELOADING_ENABLED"] = "true";
            }
        }

        return variables;
    }

    // As the CLI has it, paths of templates begin at the project's folder and those of notifications at the folder of config.toml.
    private static IEnumerable<Mail> All(SupabaseConfiguration configuration, ProjectFolder project) =>
        configuration.Names("auth.email.template")
            .Select(name => Read(configuration, $"auth.email.template.{name}", project.Root, name, null))
            .Concat(configuration.Names("auth.email.notification")
                .Where(name => configuration.Flag($"auth.email.notification.{name}.enabled") == true)
                .Select(name => Read(configuration, $"auth.email.notification.{name}", Path.Combine(project.Root, "supabase"), $"{name}_notification", name)));

    private static Mail Read(SupabaseConfiguration configuration, string table, string folder, string name, string? notification)
    {
        string? path = configuration.Text($"{table}.content_path") is { Length: > 0 } given ? Path.GetFullPath(Path.Combine(folder, given)) : null;
        return path is null || File.Exists(path)
            ? new Mail(name, path, configuration.Text($"{table}.subject"), notification)
            : throw new DeployException(
                ErrorTable.InvalidSupabaseConfiguration,
                $"'{table}.content_path' in 'supabase/config.toml' names file '{path}', which is not there.",
                "Create the file, or correct the path.",
                path);
    }

    private sealed record Mail(string Name, string? File, string? Subject, string? Notification);
}

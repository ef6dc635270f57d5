using SupabaseDeploy.Errors;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The services that somebody wants to run of a stack. The database always is one of them; the gateway is as soon as any other service is,
/// because it runs them.
/// </summary>
public static class ServiceChoice
{
    private const string All = "*";
    private const string DatabaseAlias = "db";

    /// <summary>What can be chosen.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [DatabaseAlias, GatewayService.ServiceName, .. ServiceCatalog.All.Select(definition => definition.Name)];

    /// <summary>The services of a stack that names stand for, in the order they are started; null for all.</summary>
    /// <param name="names">Some of <see cref="Names"/>; <c>*</c> for all.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ServiceUnknown"/>.</exception>
    public static IReadOnlyList<string>? Parse(IReadOnlyList<string> names)
    {
        List<string> wanted = [.. names.Select(Find)];
        return wanted.Contains(All)
            ? null
            : [DatabaseService.ServiceName, .. Names.Where(name => wanted.Contains(name) || (name == GatewayService.ServiceName && wanted.Exists(NeedsGateway))).Where(NeedsGateway)];
    }

    private static string Find(string name) =>
        name == All ? All
        : name.Equals(DatabaseService.ServiceName, StringComparison.OrdinalIgnoreCase) ? DatabaseAlias
        : Names.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw new DeployException(
            ErrorTable.ServiceUnknown, $"A stack has no service '{name}'.", $"Name some of {string.Join(", ", Names)}, or '*' for all.", name);

    private static bool NeedsGateway(string name) => name != DatabaseAlias;
}

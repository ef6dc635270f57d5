namespace SupabaseDeploy.Postgres;

public sealed class DebianPackagesTests
{
    private const string Tree = """
        postgresql-15
         |Depends: locales
          Depends: locales-all
          Depends: postgresql-client-15
          Depends: postgresql-common
            postgresql-common-dev
          Depends: ssl-cert
          PreDepends: libc6
          Depends: libicu72
          Depends: libllvm14
          Depends: libpq5
          Depends: libxml2
        postgresql-client-15
          Depends: libpq5
          Depends: libreadline8
          Depends: postgresql-client-common
        libpq5
          Depends: libldap-2.5-0
          Depends: libc6
        libldap-2.5-0
         |Depends: libgnutls30
          Depends: libgnutls-other
        libicu72
         |Depends: libnot-there
          Depends: libstdc++6
        libxml2
          Depends: libicu72
        libgnutls30
        """;

    [Fact]
    public void What_is_missing_is_unpacked_and_nothing_else() =>
        Assert.Equal(
            ["postgresql-15", "postgresql-client-15", "libpq5", "libicu72", "libxml2", "libldap-2.5-0", "libgnutls30"],
            PackageDependencies.ToUnpack(
                Tree, ["postgresql-15", "postgresql-client-15", "libpq5"], new HashSet<string> { "libc6", "libreadline8", "libstdc++6", "libpq5" }));

    [Fact]
    public void On_a_machine_with_all_libraries_only_the_programs_and_their_own_library_are_unpacked() =>
        Assert.Equal(
            ["postgresql-15", "postgresql-client-15", "libpq5"],
            PackageDependencies.ToUnpack(
                Tree,
                ["postgresql-15", "postgresql-client-15", "libpq5"],
                new HashSet<string> { "libc6", "libreadline8", "libicu72", "libxml2", "libldap-2.5-0", "libgnutls-other" }));

    [Theory]
    [InlineData("postgresql-15\npostgresql-17\npostgresql-9.6\npostgresql-client-18\npostgresql-17-cron\n", null, 17)]
    [InlineData("postgresql-15\npostgresql-17\n", 15, 15)]
    [InlineData("postgresql-13\n", null, null)]
    [InlineData("postgresql-15\n", 16, null)]
    public void The_newest_server_package_is_taken(string names, int? major, int? expected) =>
        Assert.Equal(expected, DebianPackages.Newest(names, major));

    [Fact]
    public void Packages_are_installed_without_questions() =>
        Assert.Equal(
            ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "postgresql-15", "postgresql-client-15"],
            DebianPackages.InstallArguments(15));

    [Fact]
    public void Without_rights_apt_keeps_its_lists_with_us() =>
        Assert.Equal(
            [
                "-o", "Dir::State=/cache/apt/state", "-o", "Dir::State::status=/var/lib/dpkg/status", "-o", "Dir::Cache=/cache/apt/cache",
                "-o", "APT::Sandbox::User=",
            ],
            DebianPackages.OwnLists("/cache/apt"));
}

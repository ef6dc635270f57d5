namespace SupabaseDeploy.Postgres;

/// <summary>
/// A sign-in to a database that a place makes for a short time. An address that has one may be kept for as long as the work takes: each new
/// connection asks for the sign-in of that moment.
/// </summary>
public interface ITemporarySignIn
{
    /// <summary>The way to the database with the sign-in of now; one that is close to its end is replaced.</summary>
    /// <exception cref="Errors.DeployException">The place makes none, or no way to the database works.</exception>
    Task<DatabaseAddress> GetAsync(CancellationToken cancellationToken);

    /// <summary>Another one than <paramref name="refused"/>, which the server did not take: the one of now where that is another already, else a new one.</summary>
    /// <exception cref="Errors.DeployException">The place makes none, or no way to the database works.</exception>
    Task<DatabaseAddress> RenewAsync(DatabaseAddress refused, CancellationToken cancellationToken);
}

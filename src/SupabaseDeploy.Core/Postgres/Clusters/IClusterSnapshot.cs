namespace SupabaseDeploy.Postgres;

/// <summary>A data folder that is nearer to what a new cluster shall be than the empty template.</summary>
internal interface IClusterSnapshot
{
    /// <summary>Copies the data to <paramref name="target"/>, which is not there.</summary>
    /// <param name="target">The new data folder.</param>
    /// <param name="template">Key of the template that would be used instead.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <returns>False when there is none; then nothing is at the target.</returns>
    bool TryCopyTo(string target, string template, CancellationToken cancellationToken);
}

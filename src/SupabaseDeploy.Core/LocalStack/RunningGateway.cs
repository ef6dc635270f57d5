namespace SupabaseDeploy.LocalStack;

/// <summary>A gateway that was found running.</summary>
/// <param name="State">What it wrote when it began to listen.</param>
/// <param name="Health">What it answered just now.</param>
internal sealed record RunningGateway(GatewayState State, GatewayHealth Health);

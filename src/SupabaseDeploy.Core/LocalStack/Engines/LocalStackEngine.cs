namespace SupabaseDeploy.LocalStack;

/// <summary>What runs the services of a local stack.</summary>
public enum LocalStackEngine
{
    /// <summary>Whichever fits: the one that the stack has, the one that <c>env/pipeline.yml</c> names, or the one this machine can run.</summary>
    Auto,

    /// <summary>Programs of this machine; no Docker.</summary>
    Embedded,

    /// <summary>Supabase's images, through Docker.</summary>
    Docker,

    /// <summary>The Supabase CLI: <c>supabase start</c>, <c>stop</c> and <c>status</c>.</summary>
    SupabaseCli,
}

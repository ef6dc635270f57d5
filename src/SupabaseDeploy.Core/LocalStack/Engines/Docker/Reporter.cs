namespace SupabaseDeploy.LocalStack;

/// <summary>Is told at once, where <see cref="Progress{T}"/> tells later and in any order.</summary>
internal sealed class Reporter<T>(Action<T> told) : IProgress<T>
{
    public void Report(T value) => told(value);
}

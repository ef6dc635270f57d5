using System.Collections;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SupabaseDeploy.Tests.Pipeline;

public sealed class ResultListTests
{
    /// <summary>PowerShell gives the whole list for <c>$run.Applied[0]</c> when it is of a type that the compiler made for <c>[.. x]</c>.</summary>
    [Fact]
    public void Lists_of_results_can_be_indexed_whatever_they_were_made_of()
    {
        using var session = new ModuleSession();
        Type[] results = [.. session.Run("Get-Command -Module SupabaseDeploy").Output
            .SelectMany(command => ((CommandInfo)command.BaseObject).OutputType)
            .Select(output => output.Type)
            .Where(type => type?.Assembly.GetName().Name == "SupabaseDeploy.Core")
            .Distinct()];

        string[] notIndexed = [.. results.SelectMany(Lists).Where(list => !IsIndexed(list)).Select(list => $"{list.DeclaringType!.Name}.{list.Name}").Order()];

        Assert.Contains(results, type => type.Name == "MigrationRun");
        Assert.Empty(notIndexed);
    }

    private static IEnumerable<PropertyInfo> Lists(Type type) =>
        from property in type.GetProperties()
        where property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) && property.SetMethod is not null
        select property;

    private static bool IsIndexed(PropertyInfo list)
    {
        Type element = list.PropertyType.GetGenericArguments()[0];
        object result = RuntimeHelpers.GetUninitializedObject(list.DeclaringType!);
        list.SetValue(result, Activator.CreateInstance(typeof(OnlyReadable<>).MakeGenericType(element)));
        return list.GetValue(result) is IList;
    }

    private sealed class OnlyReadable<T> : IReadOnlyList<T>
    {
        public int Count => 0;

        public T this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<T> GetEnumerator() => Enumerable.Empty<T>().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

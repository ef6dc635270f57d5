using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Text;

namespace SupabaseDeploy.Tests.Secrets;

/// <summary>Everything that an object shows of itself: its text and that of all its public properties, as deep as ConvertTo-Json would go and further.</summary>
internal static class ObjectText
{
    private const int Deepest = 8;

    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Add(value, 0, [], text);
        return text.ToString();
    }

    private static void Add(object? value, int depth, HashSet<int> seen, StringBuilder text)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (plain is null)
        {
            return;
        }

        text.Append(plain).Append('\n');
        if (depth == Deepest || plain is string or Delegate or Type || plain.GetType() is { IsPrimitive: true } or { IsEnum: true }
            || (!plain.GetType().IsValueType && !seen.Add(RuntimeHelpers.GetHashCode(plain))))
        {
            return;
        }

        if (plain is IEnumerable several)
        {
            foreach (object? one in several)
            {
                Add(one, depth + 1, seen, text);
            }
        }

        // What the platform's own objects know of themselves (an exception's methods, types, assemblies) is none of ours.
        foreach (PSPropertyInfo property in IsOurs(plain) ? PSObject.AsPSObject(value!).Properties.Where(property => property.IsGettable) : [])
        {
            text.Append(property.Name).Append(": ");
            Add(Value(property), depth + 1, seen, text);
        }
    }

    private static bool IsOurs(object value) =>
        value is InformationalRecord or InformationRecord or ProgressRecord || value.GetType().FullName!.StartsWith("SupabaseDeploy.", StringComparison.Ordinal);

    private static object? Value(PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException e)
        {
            return e.ToString();
        }
    }
}

using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>Errors from answers of the Management API. The token and what was sent in secret are in none of them, not even where the platform repeats it.</summary>
internal static class ApiFailure
{
    private const int LongestText = 500;

    private static readonly string[] s_requestIds = ["x-request-id", "sb-request-id", "cf-ray"];

    /// <summary>The error for an answer that is not one of success.</summary>
    public static DeployException Of(ApiCall call, HttpResponseMessage answer, byte[] body, ApiAccess access, TimeProvider time)
    {
        string cause = Cause(answer, body, new SecretMask([access.Token, .. call.Secrets]));
        (ErrorCode code, string what, string remedy) = Judge(call.Operation, answer, time);
        return new DeployException(code, $"The Management API {what} '{call.Operation}' ({(int)answer.StatusCode}{RequestId(answer)}): {cause}", remedy, call.Operation.Id);
    }

    /// <summary>The error for no answer at all.</summary>
    public static DeployException Unreachable(ApiCall call, ApiAccess access, string cause, Exception inner) => new(
        ErrorTable.ApiUnreachable,
        $"The Management API at '{access.BaseAddress}' did not answer '{call.Operation}': {cause.TrimEnd('.')}.",
        call.Operation.IsRepeatable
            ? "Check the network, a proxy in HTTPS_PROXY, and https://status.supabase.com; then run the command again."
            : "Check the network and https://status.supabase.com, and whether it was carried out all the same; it was not sent twice.",
        call.Operation.Id,
        inner);

    private static (ErrorCode Code, string What, string Remedy) Judge(ApiOperation operation, HttpResponseMessage answer, TimeProvider time) => answer.StatusCode switch
    {
        HttpStatusCode.Unauthorized => (
            ErrorTable.ApiTokenRefused,
            "does not accept the access token for",
            $"Make a new token at https://supabase.com/dashboard/account/tokens and set {ApiAccess.TokenVariable} to it: this one is wrong, revoked or expired."),
        HttpStatusCode.Forbidden => (
            ErrorTable.ApiForbidden,
            "does not let this token do",
            $"Use a token of a member of the project's organization, with the permission '{operation.Permission}'."),
        HttpStatusCode.NotFound => (
            ErrorTable.ApiNotFound,
            "found nothing for",
            "Check 'project' of the stage in env/pipeline.yml: it is the 20 letters in the project's address, and the token must belong to its organization."),
        HttpStatusCode.PaymentRequired => (
            ErrorTable.ApiPlanLimit,
            "refused by the organization's plan",
            "Change the plan or buy the add-on in the dashboard, or do without what needs it."),
        HttpStatusCode.TooManyRequests => (
            ErrorTable.ApiRateLimited,
            "lets in no more requests, also not",
            ApiRetries.AskedWait(answer, time) is { } wait
                ? $"Wait {Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture)} s and run the command again."
                : "Wait a minute and run the command again."),
        >= HttpStatusCode.InternalServerError => (
            ErrorTable.ApiUnavailable,
            "failed at",
            operation.IsRepeatable
                ? "Look at https://status.supabase.com and run the command again; with the request's id the platform's support finds it."
                : "Look whether it was carried out all the same (it was not sent twice), and at https://status.supabase.com."),
        _ => (ErrorTable.ApiRequestRefused, "refused", "Correct what the answer names; if it names nothing of yours, look for a newer version of this module."),
    };

    private static string Cause(HttpResponseMessage answer, byte[] body, SecretMask mask)
    {
        string text = mask.Hide(Message(body) is { Length: > 0 } message ? message : answer.ReasonPhrase ?? "it gave no reason");
        text = new string([.. text.ReplaceLineEndings(" ").Where(letter => !char.IsControl(letter))]).Trim();
        return text.Length > LongestText ? text[..LongestText] + "…" : text;
    }

    /// <summary>The platform's own words: <c>{"message": …}</c>, where it is a text or a list of them.</summary>
    private static string Message(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("message", out JsonElement message)
                ? message.ValueKind == JsonValueKind.Array
                    ? string.Join("; ", message.EnumerateArray().Select(item => item.ToString()))
                    : message.ToString()
                : document.RootElement.ToString();
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetString(body);
        }
    }

    private static string RequestId(HttpResponseMessage answer) =>
        s_requestIds.Where(answer.Headers.Contains).Select(name => $", request {answer.Headers.GetValues(name).First()}").FirstOrDefault("");
}

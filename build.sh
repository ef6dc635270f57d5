#!/bin/sh
# Runs build.ps1 under pwsh 7.6+ where it is installed, else under our own host of the same engine.
set -eu
cd "$(dirname "$0")"

if [ $# -eq 0 ]; then
    echo 'Usage: ./build.sh <task> [-Filter <text>]'
    sed -n 's/^# task //p' build.ps1
    exit 0
fi

if command -v pwsh >/dev/null 2>&1 &&
    pwsh -NoProfile -NonInteractive -Command 'exit [int]($PSVersionTable.PSVersion -lt [version]"7.6")'; then
    exec pwsh -NoProfile -File build.ps1 "$@"
fi

if ! command -v dotnet >/dev/null 2>&1; then
    echo 'build.sh: neither pwsh 7.6+ nor the .NET SDK is on PATH. Install the .NET 10 SDK: https://dotnet.microsoft.com/download' >&2
    exit 1
fi

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
host=src/SupabaseDeploy.Host
echo 'Building the host …'
if ! output=$(dotnet build "$host" -c Release -v quiet); then
    printf '%s\n' "$output" >&2
    exit 1
fi
exec dotnet "$host/bin/Release/net10.0/SupabaseDeploy.Host.dll" -NoProfile -File build.ps1 "$@"

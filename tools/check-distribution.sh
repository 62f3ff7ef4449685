#!/usr/bin/env bash
# Installs each half from a wheel into an empty environment, and checks the one with the other.
# Usage: check-distribution.sh FOLDER WHEEL; PYTHON names the interpreter
set -euo pipefail

python=${PYTHON:-python} folder=$1 wheel=$(realpath "$2")
for half in server conformance; do
    "$python" -m venv "$folder/$half"
    "$folder/$half/bin/pip" install --quiet --disable-pip-version-check "${wheel}[$half]"
    "$folder/$half/bin/pip" check
done
exec sh "$(dirname "$0")/check-sample.sh" "$folder/server/bin" "$folder/conformance/bin"

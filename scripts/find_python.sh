#!/usr/bin/env bash
# Prints a Python that Koebner can be installed with. PYTHON names one; otherwise the first that fits.
set -euo pipefail

fits() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# The oldest supported version comes first: every dependency has a build for it.
candidates=(${PYTHON:-python3.11 python3.12 python3.13 python3})
for candidate in "${candidates[@]}"; do
    if fits "$candidate"; then
        command -v "$candidate"
        exit 0
    fi
done
cat >&2 <<MESSAGE
No usable Python among: ${candidates[*]}. Koebner needs Python 3.11 or newer with its venv module.
Install one (Debian and Ubuntu: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12 ...
MESSAGE
exit 2

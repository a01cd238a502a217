#!/usr/bin/env bash
# Installs what page tests and figures need on Debian or Ubuntu: Chromium and fonts.
set -euo pipefail

packages=(chromium fonts-dejavu fonts-noto-cjk)

missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    echo "Chromium and its fonts are installed: ${packages[*]}."
    exit 0
fi
if ((EUID != 0)); then
    echo "Missing: ${missing[*]}. Installing them needs root: run  sudo $0" >&2
    exit 2
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}"

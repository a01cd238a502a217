"""Renew the hashes of the shipped tables and equations; run by `make manifest` after editing them."""

import json

from koebner.cli.doctor import MANIFEST, PACKAGE, hash_shipped_files


def main() -> None:
    """Write the manifest beside the package's own modules."""
    hashes = hash_shipped_files(PACKAGE)
    MANIFEST.write_text(json.dumps(hashes, indent=2) + "\n", encoding="utf-8")
    print(f"{MANIFEST.name}: {len(hashes)} files")


if __name__ == "__main__":
    main()

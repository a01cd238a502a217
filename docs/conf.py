"""Sphinx: pages in MyST Markdown; reference pages are written from the package before each build."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

# Neighbours of this file, found by the line above.
import pathway_pages  # noqa: E402
import reference_pages  # noqa: E402
import therapy_pages  # noqa: E402
import validation_pages  # noqa: E402

project = "Koebner"
author = copyright = "The Koebner developers"
version = release = installed_version("koebner")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "_generated/*_tables.md"]  # tables are included by other pages
myst_enable_extensions = ["colon_fence", "deflist"]
smartquotes = False  # it would turn the dashes of options into one
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
napoleon_google_docstring = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_title = f"Koebner {release}"


def _write_script(app: Sphinx) -> list[tuple[str, dict[str, object], str]]:
    """Put what draws figures beside the pages, which need it offline; no page is added."""
    validation_pages.write_script(Path(app.outdir) / "_static")
    return []


def setup(app: Sphinx) -> None:
    for pages in (reference_pages, pathway_pages, therapy_pages):
        app.connect("builder-inited", lambda _, pages=pages: pages.write(HERE / "_generated"))
    app.connect("builder-inited", lambda _: validation_pages.write(HERE))
    app.connect("html-collect-pages", _write_script)
    app.connect("autodoc-process-docstring", reference_pages.show_fences_as_literal_blocks)

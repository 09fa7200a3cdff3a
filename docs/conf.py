"""Sphinx configuration; built by `python3 dev.py check` with warnings as errors."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

from tillfree import __version__

project = "Tillfree"
author = "The Tillfree authors"
copyright = "The Tillfree authors, Apache-2.0"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "generated_pages"]
exclude_patterns = ["extensions"]
default_role = "code"
html_extra_path = ["reference"]
html_theme = "furo"
html_title = f"Tillfree {__version__}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False

suppress_warnings = ["ref.python"]
"""Rooms that never meet may call an error by the same name: Sphinx then links the first, and says only that."""

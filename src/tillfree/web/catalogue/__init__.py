"""Products: search, edit, import with a preview, export, and the versions of the shop."""

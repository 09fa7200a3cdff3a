"""The root of every error that Tillfree raises on purpose.

Each package derives one base of its own and draws its tree there::

    TillfreeError
    ├── CatalogError        (catalog)
    ├── SensingError        (sensing)
    ├── FusionError         (fusion)
    ├── ShoppingError       (shopping)
    ├── CommerceError       (commerce)
    ├── IdentityError       (identity)
    ├── RecordingError      (storage)
    ├── DatabaseError       (storage)
    ├── ConnectorError      (connectors)
    ├── SettingsError       (store)
    ├── StoreError          (store)
    ├── SimulationError     (simulation)
    ├── EvaluationError     (evaluation)
    └── WebError            (web)

A `TillfreeError` is something wrong with the world (a file, a sensor, a setting), never a bug of ours: its message says
what was wrong, where, and what to do. The command line prints it without a traceback.
"""

__all__ = ["TillfreeError"]


class TillfreeError(Exception):
    """Base of every error that a caller may want to catch."""

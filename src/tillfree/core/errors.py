"""The root of every error that Tillfree raises on purpose.

Each package derives its bases here and draws its tree in its own module of errors::

    TillfreeError
    ├── MoneyError             (core)
    ├── CatalogError           (catalog)
    ├── EpcError               (rfid)
    ├── VisionError            (vision)
    ├── ShoppingError          (shopping)
    ├── CommerceError          (commerce)
    ├── ProcessorUnavailable   (commerce: what any processor may answer)
    ├── ProcessorRefusal       (commerce)
    ├── IdentityError          (identity)
    ├── RecordingError         (storage)
    ├── DatabaseError          (storage)
    ├── VaultError             (storage: the vault of palms)
    ├── ConnectorError         (connectors)
    ├── SettingsError          (store)
    ├── StoreError             (store: running)
    ├── EntryError             (store: at the gate)
    ├── TillError              (store: the till)
    ├── ReceiptDeskError       (store: receipts to shoppers)
    ├── PalmDeskError          (store: the desk of palms)
    ├── SimulationError        (simulation)
    ├── EvaluationError        (evaluation)
    ├── LearningError          (learning)
    ├── WebError               (web)
    └── TerminalError          (cli)

A `TillfreeError` is something wrong with the world (a file, a sensor, a setting), never a bug of ours: its message says
what was wrong, where, and what to do. The command line prints it without a traceback.
"""

__all__ = ["TillfreeError"]


class TillfreeError(Exception):
    """Base of every error that a caller may want to catch."""

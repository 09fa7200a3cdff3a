"""What was wrong with the rows of a catalogue, and what was done about it."""

import enum

import msgspec

__all__ = ["CatalogIssue", "CatalogReport", "IssueKind", "printable"]

_EXAMPLES_SHOWN = 5


class IssueKind(enum.StrEnum):
    """Kinds of bad rows, in the order in which a report shows them."""

    UNREADABLE_ROW = "unreadable row"
    MISSING_ID = "product without id"
    UNUSABLE_ID = "unusable id"
    WRONG_CHECK_DIGIT = "wrong check digit"
    SEVERAL_IDS = "several ids in one field"
    DUPLICATE = "duplicate"
    CONTRADICTION = "contradictory duplicate"
    SHARED_GTIN = "one GTIN under several ids"
    MISSING_NAME = "name missing"
    LONG_NAME = "name too long"
    MISSING_WEIGHT = "weight missing"
    ABSURD_WEIGHT = "absurd weight"
    DOUBTFUL_WEIGHT = "doubtful weight"
    MISSING_PRICE = "price missing"
    ABSURD_PRICE = "absurd price"
    DOUBTFUL_PRICE = "doubtful price"
    PLACEHOLDER_PRICES = "placeholder prices"
    BAD_VALUE = "value not understood"
    UNKNOWN_PRODUCT = "unknown product"
    UNKNOWN_SHELF = "unknown shelf"
    MISSING_PLATE = "plate missing"
    SHARED_PLATE = "plate in several facings"
    SPLIT_FACING = "facing split"
    EMPTY_FACING = "empty facing"
    BAD_SIZE = "size not usable"
    BAD_CAMERA = "camera not usable"


class CatalogIssue(msgspec.Struct, frozen=True):
    """One finding: where (`line` counts from 1; 0 means the file as a whole), about what, and what was done."""

    kind: IssueKind
    source: str
    line: int
    subject: str
    detail: str
    outcome: str
    count: int = 1

    def __str__(self) -> str:
        place = f"{self.source}, line {self.line}" if self.line else self.source
        subject = f" {printable(self.subject)}:" if self.subject else ""
        return f"{place}:{subject} {printable(self.detail)}; {self.outcome}"


class CatalogReport(msgspec.Struct, frozen=True):
    """What reading a table found. `rows_read` counts rows of the files, `kept` the values made of them."""

    rows_read: int = 0
    kept: int = 0
    rows: tuple[CatalogIssue, ...] = ()

    @property
    def counts(self) -> dict[IssueKind, int]:
        """How many findings of each kind there are; kinds without any are not in it."""
        found: dict[IssueKind, int] = {}
        for kind in IssueKind:
            count = sum(issue.count for issue in self.rows if issue.kind is kind)
            if count:
                found[kind] = count
        return found

    def of(self, kind: IssueKind) -> tuple[CatalogIssue, ...]:
        """The findings of one kind, in the order of the file."""
        return tuple(issue for issue in self.rows if issue.kind is kind)

    def __add__(self, other: "CatalogReport") -> "CatalogReport":
        return CatalogReport(self.rows_read + other.rows_read, self.kept + other.kept, self.rows + other.rows)

    def __str__(self) -> str:
        lines = [f"{self.rows_read} rows read, {self.kept} kept, {sum(self.counts.values())} findings"]
        for kind, count in self.counts.items():
            issues = self.of(kind)
            lines.append(f"  {kind.value} ({count})")
            lines += [f"    {issue}" for issue in issues[:_EXAMPLES_SHOWN]]
            if len(issues) > _EXAMPLES_SHOWN:
                lines.append(f"    and {len(issues) - _EXAMPLES_SHOWN} more")
        return "\n".join(lines)


def printable(text: str, limit: int = 120) -> str:
    """Text that is safe to show on a terminal: control characters replaced, long text cut."""
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"

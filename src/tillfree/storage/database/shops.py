"""The versions of the shop: catalogue and planogram as they were put into force, each with who did it and why."""

import functools
import threading
from collections import OrderedDict

import msgspec
from sqlalchemy import Select, insert, select

from tillfree.catalog.model import Shop
from tillfree.catalog.shop_file import decode_shop, encode_shop
from tillfree.storage.database.connection import Connected, made_number
from tillfree.storage.database.money.announcements import announce
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import SHOPS

__all__ = ["ShopEntry", "ShopVersion", "Shops"]

_DECODED_MAX = 4
"""So many versions are kept in memory as they were read: a catalogue may be large, and few are asked for."""
_DECODING = threading.Lock()


class ShopEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A version in a list: how many products and facings it has."""

    number: int
    time_ns: int
    by: str
    note: str
    products: int
    facings: int


class ShopVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version with the shop itself; versions count from 1."""

    number: int
    time_ns: int
    by: str
    note: str
    shop: Shop


class Shops(Connected):
    """The part of a database that keeps shops."""

    def save_shop(self, shop: Shop, by: str, note: str, time_ns: int) -> int:
        """Keeps a new version; gives its number.

        Raises:
            CatalogError: the shop contradicts itself.
        """
        values = {
            "time_ns": time_ns,
            "by": by,
            "note": note,
            "products": len(shop.products),
            "facings": len(shop.facings),
            "shop": encode_shop(shop),
        }
        with self._writing() as connection:
            number = made_number(connection.execute(insert(SHOPS), values))
            announce(connection, time_ns, "catalogue.changed", str(number), {"version": number})
            return number

    def latest_shop(self) -> ShopVersion | None:
        """The version in force."""
        return self._one(select(SHOPS).order_by(SHOPS.c.number.desc()).limit(1))

    def shop_version(self, number: int) -> ShopVersion | None:
        """One version."""
        return self._one(select(SHOPS).where(SHOPS.c.number == number))

    def shop_at(self, time_ns: int) -> ShopVersion | None:
        """The version in force at a moment; None where no version is kept.

        Versions are stamped by the wall clock when they are put into force. Before the first one that is kept, that one
        is the answer: nearest to what was in force then.
        """
        before = select(SHOPS.c.number).where(SHOPS.c.time_ns <= time_ns).order_by(SHOPS.c.number.desc()).limit(1)
        first = select(SHOPS.c.number).order_by(SHOPS.c.number).limit(1)
        with self.reading() as connection:
            number = connection.execute(before).scalar()
            if number is None:
                number = connection.execute(first).scalar()
        return None if number is None else self._decoded_version(number)

    def shop_versions(self, limit: int = 100) -> list[ShopEntry]:
        """The versions, newest first, at most 500."""
        columns = [SHOPS.c[name] for name in ShopEntry.__struct_fields__]
        statement = select(*columns).order_by(SHOPS.c.number.desc()).limit(page_size(limit))
        with self.reading() as connection:
            return [ShopEntry(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001

    @functools.cached_property
    def _decoded(self) -> OrderedDict[int, ShopVersion]:
        return OrderedDict()

    def _decoded_version(self, number: int) -> ShopVersion | None:
        with _DECODING:
            known = self._decoded.get(number)
            if known is not None:
                self._decoded.move_to_end(number)
                return known
        found = self.shop_version(number)
        if found is not None:
            with _DECODING:
                self._decoded[number] = found
                if len(self._decoded) > _DECODED_MAX:
                    self._decoded.popitem(last=False)
        return found

    def _one(self, statement: "Select[tuple[object, ...]]") -> ShopVersion | None:
        with self.reading() as connection:
            row = connection.execute(statement).first()
        if row is None:
            return None
        shop = decode_shop(row.shop, f"{self._where}, shop version {row.number}")
        return ShopVersion(number=row.number, time_ns=row.time_ns, by=row.by, note=row.note, shop=shop)

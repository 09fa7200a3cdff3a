"""The versions of the shop: catalogue and planogram as they were put into force, each with who did it and why."""

import msgspec
from sqlalchemy import Select, insert, select

from tillfree.catalog.model import Shop
from tillfree.catalog.shop_file import decode_shop, encode_shop
from tillfree.storage.database.connection import Connected, made_number
from tillfree.storage.database.money.announcements import announce
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import SHOPS

__all__ = ["ShopEntry", "ShopVersion", "Shops"]


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

    def shop_versions(self, limit: int = 100) -> list[ShopEntry]:
        """The versions, newest first, at most 500."""
        columns = [SHOPS.c[name] for name in ShopEntry.__struct_fields__]
        statement = select(*columns).order_by(SHOPS.c.number.desc()).limit(page_size(limit))
        with self.reading() as connection:
            return [ShopEntry(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001

    def _one(self, statement: "Select[tuple[object, ...]]") -> ShopVersion | None:
        with self.reading() as connection:
            row = connection.execute(statement).first()
        if row is None:
            return None
        shop = decode_shop(row.shop, f"{self._where}, shop version {row.number}")
        return ShopVersion(number=row.number, time_ns=row.time_ns, by=row.by, note=row.note, shop=shop)

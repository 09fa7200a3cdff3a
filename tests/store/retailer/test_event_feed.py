"""The event feed: every event once per way, in order, with ids that stay; stops and faults lose nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.store.retailer.staging import World, retailer_settings
from tillfree.connectors.retailer.feed_address import FeedAddress
from tillfree.store.retailer.event_feed import FAMILIES, EventFeed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    made = World(retailer_settings(feed_folder=str(folder), feed_url="http://feed.example/events"))
    yield made
    made.close()


class Receiver:
    """Somebody's address for events."""

    def __init__(self) -> None:
        self.status = 200
        self.batches: list[list[dict[str, object]]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.status == 0:
            raise httpx2.ConnectError("nobody there")
        if self.status == 200:
            self.batches.append(json.loads(request.content))
        return httpx2.Response(self.status)


def feed_of(world: World, receiver: Receiver) -> EventFeed:
    settings = world.settings.retailer
    address = FeedAddress(settings.feed_url, 1.0, transport=httpx2.MockTransport(receiver))
    return EventFeed(world.database, settings, world.clock, address=address)


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]


def test_what_happens_is_told_in_order_and_once_by_each_way(world: World, folder: Path) -> None:
    receiver = Receiver()
    feed = feed_of(world, receiver)
    trip = world.shopped()
    feed.tick()
    feed.tick()
    told = lines(folder)
    posted = [event for batch in receiver.batches for event in batch]
    assert told == posted
    assert [event["detail"]["sequence"] for event in told] == sorted(event["detail"]["sequence"] for event in told)  # type: ignore[index]
    assert [event["detail-type"] for event in told] == [
        "Shopper - Shopper Entered", "Payment - Payment Authorized", "Ordering - Cart Final",
    ]  # fmt: skip
    first = told[0]
    assert set(first) == {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
    assert first["time"] == "2024-03-09T16:00:00Z"
    assert trip.id in first["resources"]  # type: ignore[operator]
    assert len({event["id"] for event in told}) == len(told)
    feed.close()


@pytest.mark.parametrize("status", [0, 500, 404, 429])
def test_an_address_that_fails_gets_everything_later_with_the_same_ids(world: World, folder: Path, status: int) -> None:
    receiver = Receiver()
    receiver.status = status
    feed = feed_of(world, receiver)
    for _ in range(9):
        world.shopped()
    feed.tick()
    feed.tick()
    assert receiver.batches == []
    receiver.status = 200
    feed.tick()
    assert receiver.batches == []  # not so soon
    world.pass_time(10)
    feed.tick()
    assert [event["id"] for batch in receiver.batches for event in batch] == [event["id"] for event in lines(folder)]
    assert all(len(batch) <= 10 for batch in receiver.batches)
    feed.close()


def test_half_a_line_of_a_crash_is_taken_away(world: World, folder: Path) -> None:
    feed = feed_of(world, Receiver())
    world.shopped()
    feed.tick()
    (path,) = folder.glob("*.jsonl")
    whole = lines(folder)
    with path.open("a") as file:
        file.write('{"half": ')
    world.enter()
    feed.tick()
    assert lines(folder)[: len(whole)] == whole
    assert len(lines(folder)) == len(whole) + 2
    feed.close()


def test_a_folder_that_is_not_there_loses_nothing(world: World, folder: Path) -> None:
    feed = feed_of(world, Receiver())
    world.shopped()
    moved = folder.rename(folder.with_name("elsewhere"))
    feed.tick()
    moved.rename(folder)
    feed.tick()
    assert len(lines(folder)) == 3
    feed.close()


def test_a_day_is_a_file(world: World, folder: Path) -> None:
    feed = feed_of(world, Receiver())
    world.shopped()
    world.pass_time(24 * 60)
    world.enter()
    feed.tick()
    assert [path.name for path in sorted(folder.glob("*"))] == ["events-2024-03-09.jsonl", "events-2024-03-10.jsonl"]
    feed.close()


def test_no_event_says_who_it_was(world: World, folder: Path) -> None:
    feed = feed_of(world, Receiver())
    world.shopped()
    feed.tick()
    text = json.dumps(lines(folder))
    for secret in ("tok-1", "mark-1", "4242", "someone@example.org"):
        assert secret not in text
    feed.close()


def test_the_families_are_three() -> None:
    assert {family for family, _ in FAMILIES.values()} == {"Ordering", "Payment", "Shopper"}
    assert len(set(FAMILIES.values())) == len(FAMILIES)

"""What the benchmarks of the console and its pictures work out, without a browser."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.console import Traffic, spread
from benchmarks.console_watchers import age_ms
from benchmarks.demo_hour import Sample, minute_rows, slope_per_h, summary
from benchmarks.demo_process import Usage, busy_share, cpu_ticks
from console_tour import DEMO, STAFF, THEMES, WIDTHS, gallery, picture_name, spoiled
from make_console import small_png
from tillfree.web.navigation import PLACES


def test_the_ticks_of_a_process_are_found_behind_any_name() -> None:
    tail = " S 1 2 3 4 5 6 7 8 9 10 70 5 13 14 20 0 9 0 100"
    assert cpu_ticks("17 (python)" + tail) == 75
    assert cpu_ticks("17 (a) (b c) )" + tail) == 75


def test_the_share_of_busy_cores() -> None:
    assert busy_share((10, 100), (60, 200)) == 0.5
    assert busy_share((10, 100), (10, 100)) == 0.0


def test_a_spread_has_the_median_and_the_worst() -> None:
    assert spread([float(value) for value in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "most": 100.0}
    assert spread([]) == {"p50": None, "p95": None, "p99": None, "most": None}


def test_the_age_of_a_frame() -> None:
    assert age_ms('{"k":"frame","t":5,"a":1000.5,"n":0}', 1250.5) == 250.0
    assert age_ms('{"k":"frame","t":5,"a":1.7641e12,"n":0}', 1.7641e12 + 40) == 40.0
    assert age_ms('{"k":"feed","entries":[{"text":"\\"k\\":\\"frame\\""}]}', 0.0) is None


def test_traffic_counts_what_came_over_the_wire() -> None:
    traffic = Traffic()
    for number, address in (("1", "http://here/"), ("2", "http://here/console.css"), ("3", "data:image/png;base64,AA")):
        traffic.begun({"requestId": number, "request": {"url": address}})
    traffic.answered({"requestId": "1", "response": {}})
    traffic.answered({"requestId": "2", "response": {"fromDiskCache": True}})
    traffic.cached({"requestId": "3"})
    traffic.ended({"requestId": "1", "encodedDataLength": 1500.0})
    traffic.ended({"requestId": "2", "encodedDataLength": 0})
    traffic.ended({"requestId": "3", "encodedDataLength": 99})
    assert traffic.row() == {"wire_bytes": 1500, "requests": 2, "from_cache": 1}


def sample(at_s: float, cpu_s: float, rss_mib: float, **score: object) -> Sample:
    usage = Usage(time_s=1000.0 + at_s, cpu_s=cpu_s, rss_mib=rss_mib, threads=9, files=20)
    return Sample(at_s=at_s, usage=usage, frames=int(at_s * 10), people=7, lag_s=0.1, heap_mib=5.0, score=score)


def test_a_leak_shows_as_a_slope() -> None:
    times = [float(time_s) for time_s in range(0, 3600, 10)]
    assert slope_per_h(times, [100.0 + time_s / 360 for time_s in times]) == pytest.approx(10.0)
    assert slope_per_h(times, [100.0 for _ in times]) == pytest.approx(0.0, abs=1e-9)
    assert slope_per_h([4.0], [100.0]) == 0.0


def test_the_summary_of_a_run_takes_the_slope_of_its_last_half() -> None:
    # Memory grows while it warms up, and then no more.
    run = [
        sample(at, at * 0.2, min(200.0, 100.0 + at), finished=int(at), f1=0.97531)
        for at in map(float, range(0, 601, 10))
    ]
    figures = summary(run)
    assert figures["minutes"] == 10.0
    assert figures["cpu_share_mean"] == pytest.approx(0.2)
    assert (figures["rss_mib_start"], figures["rss_mib_most"], figures["rss_mib_end"]) == (100.0, 200.0, 200.0)
    assert figures["rss_slope_mib_per_h_last_half"] == pytest.approx(0.0, abs=0.01)
    assert figures["updates_per_s"] == pytest.approx(10.0)
    assert (figures["visits"], figures["f1"], figures["charged_wrong"]) == (600, 0.9753, None)


def test_a_minute_has_its_mean_and_its_busiest_ten_seconds() -> None:
    cpu = [0.0, 1.0, 2.0, 9.0, 10.0, 11.0, 12.0, 13.0]
    first, second = minute_rows([sample(10.0 * k, used, 100.0 + k) for k, used in enumerate(cpu)])
    assert (first["minute"], first["cpu_share_mean"], first["cpu_share_most"]) == (0, 0.2, 0.7)
    assert first["rss_mib"] == 106.0
    assert (second["minute"], second["cpu_share_mean"], second["cpu_share_most"]) == (1, 0.1, 0.1)


def test_a_small_picture_keeps_the_colour_of_a_small_dot() -> None:
    noise = np.random.default_rng(1).integers(0, 60, (200, 200, 3)).astype(np.uint8)
    noise[100:103, 100:103] = (250, 120, 20)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    small = Image.open(io.BytesIO(small_png(out.getvalue())))
    assert small.mode == "P"
    assert np.abs(np.asarray(small.convert("RGB"), dtype=int)[101, 101] - (250, 120, 20)).max() < 24


def test_a_spoiled_table_has_errors_and_a_new_row() -> None:
    text = "product,name,price,sold_by,weight_g\n" + "".join(f"p{n},Thing {n},1.00,unit,100\n" for n in range(5))
    rows = list(csv.DictReader(io.StringIO(spoiled(text))))
    assert len(rows) == 6
    assert [row["price"] for row in rows] == ["2.49", "2.49", "two fifty", "1.00", "1.00", "1.79"]
    assert rows[3]["weight_g"] == "-5"


def test_the_tour_goes_to_every_page_of_the_menu_once() -> None:
    names = [sight.name for sight in (*DEMO, *STAFF)]
    assert len(names) == len(set(names))
    assert {place.path for place in PLACES} <= {sight.path for sight in (*DEMO, *STAFF)}


def test_the_gallery_shows_what_was_made_and_nothing_else() -> None:
    made = frozenset(picture_name("stock", theme, width) for theme in THEMES for width in WIDTHS)
    text = gallery(DEMO, "images/console", made | {picture_name("live", "light", 375)})
    assert text.count("![") == 4
    assert "images/console/stock-dark-1920.png" in text
    assert "## Live" not in text

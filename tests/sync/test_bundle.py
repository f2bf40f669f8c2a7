"""What an import is given as a whole: found where it stands, and refused where it cannot be trusted."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from app.sync import BundleRefused, bundle, open_bundle
from tests.sync.folder import count, found, load, whole, write
from tests.sync.test_command import imported

TABLE = b"LocalPatientId\r\nLPT1\r\n"


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return path


def named(name: str) -> zipfile.ZipInfo:
    """A member whose name the library does not mend."""
    member = zipfile.ZipInfo("x")
    member.filename = name
    return member


def link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize("inside", ["{}/{}", "around/{}/{}"])
def test_a_zip_is_read_like_its_folder(tmp_path, inside):
    path = zipped(
        tmp_path / "all.zip",
        (inside.format("health", "IDS001MPI.csv"), TABLE),
        (inside.format("justice", "people.jsonl"), b"{}"),
        ("__MACOSX/._IDS001MPI.csv", b"x"),
    )
    opened = open_bundle(path)
    assert opened.names == {"health/IDS001MPI.csv", "justice/people.jsonl"}
    assert opened.read("health/IDS001MPI.csv") == TABLE


def test_national_tables_alone_stand_where_they_like(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "IDS001MPI.CSV").write_bytes(TABLE)
    (folder / "readme.txt").write_bytes(b"x")
    assert open_bundle(folder).names == {"health/IDS001MPI.csv"}
    assert open_bundle(zipped(tmp_path / "t.zip", ("IDS001MPI.csv", TABLE))).read("health/IDS001MPI.csv") == TABLE


@pytest.mark.parametrize(
    ("member", "said"),
    [
        pytest.param("../health/IDS001MPI.csv", "leads out", id="one up"),
        pytest.param("health/../../IDS001MPI.csv", "leads out", id="one up in between"),
        pytest.param("/etc/passwd", "leads out", id="from the root"),
        pytest.param("C:/IDS001MPI.csv", "leads out", id="from a drive"),
        pytest.param(named("health\\IDS001MPI.csv"), "leads out", id="backslashes"),
        pytest.param(link("health/IDS001MPI.csv"), "leads out", id="a link"),
        pytest.param("health/ids002GP.csv", "twice", id="the same name in other letters"),
    ],
)
def test_a_path_that_plays_tricks_refuses_the_zip(tmp_path, member, said):
    path = zipped(tmp_path / "tricks.zip", ("health/IDS002GP.csv", TABLE), (member, TABLE))
    with pytest.raises(BundleRefused, match=said):
        open_bundle(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_refuses_the_zip(tmp_path):
    path = zipped(tmp_path / "twice.zip", ("health/IDS002GP.csv", TABLE), ("health/IDS002GP.csv", b"other"))
    with pytest.raises(BundleRefused, match="twice"):
        open_bundle(path)


def test_one_table_at_the_top_and_one_in_its_place_are_two(tmp_path):
    path = zipped(tmp_path / "two.zip", ("health/IDS002GP.csv", TABLE), ("IDS002GP.csv", TABLE))
    with pytest.raises(BundleRefused, match=r"two files .health/IDS002GP\.csv."):
        open_bundle(path)


def test_an_encrypted_zip_is_refused(tmp_path):
    path = zipped(tmp_path / "secret.zip", ("health/IDS002GP.csv", TABLE))
    content = bytearray(path.read_bytes())
    for place in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[place] |= 1
    path.write_bytes(content)
    with pytest.raises(BundleRefused, match="encrypted"):
        open_bundle(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_of_which_a_block_can_be_anything_is_refused(tmp_path, packing):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w", packing) as packed:
        packed.writestr("health/IDS002GP.csv", TABLE)
    with pytest.raises(BundleRefused, match="unusual"):
        open_bundle(path)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_zip_that_is_cut_short_is_refused(tmp_path, kept):
    path = zipped(tmp_path / "short.zip", ("health/IDS002GP.csv", os.urandom(4000)))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(BundleRefused, match="cut short"):
        open_bundle(path)


def test_a_zip_with_a_damaged_file_is_refused(tmp_path):
    path = zipped(tmp_path / "damaged.zip", ("health/IDS002GP.csv", os.urandom(4000)))
    content = bytearray(path.read_bytes())
    content[2000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(BundleRefused, match="damaged"):
        open_bundle(path)


def test_a_bomb_is_given_up_before_it_has_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "UNSUSPECTED", 1_000_000)
    path = zipped(tmp_path / "bomb.zip", ("health/IDS002GP.csv", bytes(50_000_000)))
    read = []
    real = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: read.append(n) or real(self, n))
    with pytest.raises(BundleRefused, match="far more"):
        open_bundle(path)
    assert sum(read) < 15_000_000


def test_more_than_the_limit_is_refused_whatever_the_directory_says(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "MOST_BYTES", 10_000)
    path = zipped(tmp_path / "large.zip", *((f"health/T{place}.csv", os.urandom(4000)) for place in range(3)))
    with pytest.raises(BundleRefused, match="unpacks to more than"):
        open_bundle(path)


def test_too_many_files_are_refused(tmp_path):
    path = zipped(tmp_path / "many.zip", *((f"health/T{place}.csv", b"") for place in range(201)))
    with pytest.raises(BundleRefused, match="more than 200 files"):
        open_bundle(path)


@pytest.mark.parametrize("content", [b"", b"no zip", b"%PDF-1.4"])
def test_what_is_none_of_the_three_is_refused(tmp_path, content):
    path = tmp_path / "some.doc"
    path.write_bytes(content)
    with pytest.raises(BundleRefused, match="no folder, no zip and no database"):
        open_bundle(path)


async def test_a_zip_of_the_folder_imports_like_the_folder(sqlite_url, tmp_path):
    folder = write(tmp_path / "folder", whole())
    path = zipped(
        tmp_path / "folder.zip",
        *((each.relative_to(tmp_path).as_posix(), each.read_bytes()) for each in sorted(folder.glob("*/*"))),
    )
    report = await load(sqlite_url, path)
    assert (found(report), report.exit_code) == ([], 0)
    assert (await load(sqlite_url, folder)).entries == 0


def test_the_operator_is_told_why_and_nothing_has_changed(sqlite_url, tmp_path):
    path = tmp_path / "half.zip"
    path.write_bytes(zipped(tmp_path / "whole.zip", ("health/IDS002GP.csv", TABLE)).read_bytes()[:-30])
    assert imported(sqlite_url, path) == (2, "the zip is damaged or cut short; make it or send it again\n")


async def test_what_excels_csv_looks_like_is_read(sqlite_url, tmp_path):
    folder = write(tmp_path / "folder", whole())
    for path in folder.glob("health/*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert found(await load(sqlite_url, folder)) == []


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("LocalPatientId,Name\r\nLPT1,Zoë\r\n".encode("latin-1"), "file-not-utf8"),
        ("LocalPatientId,Name\r\nLPT1,Zoë\r\n".encode("utf-16-le"), "file-utf16"),
        ("LocalPatientId,Name\r\nLPT1,Zoë\r\n".encode("utf-16"), "file-utf16"),
        (b"LocalPatientId;NHSNumber\r\n1;2\r\n", "file-delimiter"),
        (b"LocalPatientId\tNHSNumber\r\n1\t2\r\n", "file-delimiter"),
    ],
)
async def test_another_encoding_or_delimiter_is_named_and_nothing_of_the_submission_is_taken(
    sqlite_url, tmp_path, content, rule
):
    folder = write(tmp_path / "folder", whole())
    (folder / "health/IDS001MPI.csv").write_bytes(content)
    report = await load(sqlite_url, folder)
    assert rule in {each[3] for each in found(report) if each[0] == "health/IDS001MPI.csv"}
    assert await count(sqlite_url, "patient", "referral", "appointment", "person") == (0, 0, 0, 2)

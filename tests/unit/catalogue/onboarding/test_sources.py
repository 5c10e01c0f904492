"""What is read of a contract's surroundings: a file with its folder, a folder, an archive; and what is refused."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.catalogue.onboarding import archives, sources
from gateway.catalogue.onboarding.errors import CallWrong, ContractRefused
from gateway.catalogue.onboarding.kinds import Kind, kind_of, references
from gateway.catalogue.onboarding.sources import gather

WSDL = b'<?xml version="1.0"?><w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/">%s</w:definitions>'
XSD = b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">%s</xs:schema>'
OPENAPI = b"openapi: 3.0.3\npaths: {}\n"


def importing(place: str) -> bytes:
    return WSDL % f'<xs:import schemaLocation="{place}"/>'.encode()


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, raw in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return root


def zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return made.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, raw in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b" \n\xef\xbb\xbf", Kind.EMPTY),
        (b"<!DOCTYPE html><p>login", Kind.HTML),
        (b"<HTML><body/>", Kind.HTML),
        (WSDL % b"", Kind.WSDL_1),
        (b"\xef\xbb\xbf" + WSDL % b"", Kind.WSDL_1),
        ((WSDL % b"").decode().encode("utf-16"), Kind.WSDL_1),
        ((WSDL % b"").decode().encode("utf-16-le"), Kind.WSDL_1),
        (b'<!-- <html> --> <definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', Kind.WSDL_1),
        (b'<description xmlns="http://www.w3.org/ns/wsdl"/>', Kind.WSDL_2),
        (XSD % b"", Kind.SCHEMA),
        (b"<note/>", Kind.OTHER_XML),
        (OPENAPI, Kind.OPENAPI),
        (b'{"swagger": "2.0"}', Kind.OPENAPI),
        (b"{openapi: 3.1.0}", Kind.OPENAPI),
        (b'"openapi": "3.1.0"\n', Kind.OPENAPI),
        (b"kind: Deployment\nspec: {openapi: 3}\n", Kind.OTHER_TEXT),
        (b'{"a": {"openapi": "3.1.0"}}', Kind.OTHER_TEXT),
        (b"%PDF-1.7", Kind.BINARY),
        (b"\x00\x01\x02\x03binary", Kind.BINARY),
    ],
)
def test_a_file_is_told_by_its_beginning(content: bytes, kind: Kind) -> None:
    assert kind_of(content) is kind


def test_references_are_found_as_they_are_written() -> None:
    wsdl = b"""<a schemaLocation='../x.xsd'/><b location = "http://h/s?xsd=1&amp;v=2"/><c schemaLocation="urn:n y.xsd"/>"""
    assert references(wsdl, "wsdl") == ["../x.xsd", "http://h/s?xsd=1&v=2", "urn:n", "y.xsd"]
    api = b'a: {$ref: \'../c.yaml#/X\'}\nb: {"$ref": "#/here"}\nc:\n  $ref: d.json#/Y\n'
    assert references(api, "openapi") == ["../c.yaml", "d.json"]


def test_a_file_comes_with_what_lies_beside_and_beneath_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.wsdl": importing("types/x.xsd"),
            "types/x.xsd": XSD % b"",
            "other.XML": b"<a/>",
            "pic.png": b"x",
            ".hidden.xsd": b"",
        },
    )
    found = gather(tmp_path / "a.wsdl", "wsdl")
    assert found.mains == ("a.wsdl",)
    assert set(found.files) == {"a.wsdl", "types/x.xsd", "other.XML"}


@pytest.mark.parametrize(
    ("place", "there"),
    [("../xsd/x.xsd", "xsd/x.xsd"), ("../../common/x.xsd", "../common/x.xsd"), ("..\\xsd\\x.xsd", "xsd/x.xsd")],
)
def test_an_import_that_climbs_brings_the_folder_above(tmp_path: Path, place: str, there: str) -> None:
    root = tmp_path / "a" / "b"
    write(root, {"wsdl/s.wsdl": importing(place), there: XSD % b'<xs:include schemaLocation="y.xsd"/>'})
    write(root / there / "..", {})
    (root / there).parent.joinpath("y.xsd").resolve().write_bytes(XSD % b"")
    found = gather(root / "wsdl" / "s.wsdl", "wsdl")
    base = root if not there.startswith("..") else root.parent
    (main,) = found.mains
    assert (base / main).resolve() == (root / "wsdl" / "s.wsdl").resolve()
    wanted = (root / there).resolve().relative_to(base.resolve())
    assert {wanted.as_posix(), wanted.with_name("y.xsd").as_posix()} <= set(found.files)


def test_a_folder_brings_the_folder_above_as_well(tmp_path: Path) -> None:
    write(tmp_path, {"svc/wsdl/s.wsdl": importing("../xsd/x.xsd"), "svc/xsd/x.xsd": XSD % b"", "svc/other.wsdl": WSDL % b""})
    found = gather(tmp_path / "svc" / "wsdl", "wsdl")
    assert found.mains == ("wsdl/s.wsdl",) and "xsd/x.xsd" in found.files


def test_an_import_that_climbs_out_of_sight_brings_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"a/b/c/d/e/f/s.wsdl": importing("../../../../../../x.xsd"), "x.xsd": XSD % b""})
    found = gather(tmp_path / "a/b/c/d/e/f/s.wsdl", "wsdl")
    assert set(found.files) == {"c/d/e/f/s.wsdl"} and found.mains == ("c/d/e/f/s.wsdl",)


def test_what_is_odd_is_left_to_the_adapter(tmp_path: Path) -> None:
    for contract, content in (
        ("wsdl", b"<all><definitions xmlns='http://schemas.xmlsoap.org/wsdl/'/></all>"),
        ("wsdl", b"<definitions xmlns='http://schemas.xmlsoap.org/wsdl'/>"),
        ("openapi", b"---\n  openapi: 3.0.0\n"),
    ):
        (tmp_path / "odd").write_bytes(content)
        assert gather(tmp_path / "odd", contract).mains == ("odd",)


def test_nothing_above_is_read_where_no_import_climbs(tmp_path: Path) -> None:
    write(tmp_path, {"wsdl/s.wsdl": importing("x.xsd"), "other/secret.xsd": XSD % b""})
    assert set(gather(tmp_path / "wsdl" / "s.wsdl", "wsdl").files) == {"s.wsdl"}


def test_a_file_of_another_ending_is_taken_where_an_import_names_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "s.wsdl": importing("http://h.example/svc/Types.asmx?xsd=1"),
            "types.asmx": XSD % b'<xs:include schemaLocation="deep"/>',
            "deep": XSD % b"",
            "README": b"no",
        },
    )
    assert set(gather(tmp_path / "s.wsdl", "wsdl").files) == {"s.wsdl", "types.asmx", "deep"}


def test_the_mains_of_a_folder_are_those_that_no_other_one_imports(tmp_path: Path) -> None:
    imports = b'<w:import location="http://h.example/parts/abstract.wsdl"/>'
    write(tmp_path, {"a.wsdl": WSDL % imports, "b.wsdl": WSDL % b"", "parts/abstract.wsdl": WSDL % b"", "x.xsd": XSD % b""})
    assert gather(tmp_path, "wsdl").mains == ("a.wsdl", "b.wsdl")
    write(tmp_path / "api", {"one.yaml": OPENAPI + b"x: {$ref: './two.json#/a'}\n", "two.json": b'{"openapi": "3.0.0"}'})
    assert gather(tmp_path / "api", "openapi").mains == ("one.yaml",)


def test_contracts_that_import_one_another_are_all_mains(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a.wsdl": WSDL % b'<w:import location="b.wsdl"/>', "b.wsdl": WSDL % b'<w:import location="a.wsdl"/>'},
    )
    assert gather(tmp_path, "wsdl").mains == ("a.wsdl", "b.wsdl")


@pytest.mark.parametrize("pack", [zipped, tarred, lambda files: tarred(files, "w"), lambda files: tarred(files, "w:xz")])
def test_an_archive_is_a_folder(tmp_path: Path, pack: object) -> None:
    files = {"svc-1.0/wsdl/s.wsdl": importing("../xsd/x.xsd"), "svc-1.0/xsd/x.xsd": XSD % b"", "svc-1.0/.git/config": b"no"}
    path = tmp_path / "contract.bin"
    path.write_bytes(pack(files))  # type: ignore[operator]
    found = gather(path, "wsdl")
    assert (found.mains, set(found.files)) == (("wsdl/s.wsdl",), {"wsdl/s.wsdl", "xsd/x.xsd"})


@pytest.mark.parametrize("name", ["../../evil.wsdl", "/etc/evil.wsdl", "a/../../evil.wsdl", "..\\evil.wsdl", "C:\\evil.wsdl"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_that_leads_out_of_itself_is_refused(tmp_path: Path, name: str, pack: object) -> None:
    path = tmp_path / "evil.bin"
    path.write_bytes(pack({name: WSDL % b""}))  # type: ignore[operator]
    with pytest.raises(ContractRefused, match="leads out"):
        gather(path, "wsdl")
    assert not list(tmp_path.parent.glob("evil.wsdl"))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_bomb_does_not_go_off(tmp_path: Path, pack: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    path = tmp_path / "bomb.bin"
    path.write_bytes(pack({f"{i}.xsd": b"0" * 400_000 for i in range(8)}))  # type: ignore[operator]
    assert path.stat().st_size < 50_000
    with pytest.raises(ContractRefused, match=r"unpacked it has more|too large entries"):
        gather(path, "wsdl")


def test_a_link_in_an_archive_is_left_out(tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        link = tarfile.TarInfo("s.wsdl")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    (tmp_path / "x.tar").write_bytes(made.getvalue())
    with pytest.raises(ContractRefused, match="no file in it is a WSDL"):
        gather(tmp_path / "x.tar", "wsdl")


def _overwritten(packed: bytes) -> bytes:
    """Return a zip archive whose first file's compressed bytes are wrong."""
    return packed[:40] + b"\xff" * 20 + packed[60:]


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 broken",
        b"\x1f\x8b broken",
        zipped({"a.wsdl": WSDL % b"x" * 99})[:60],
        _overwritten(zipped({"a.wsdl": WSDL % b"x" * 99})),
    ],
    ids=["zip", "gzip", "cut short", "overwritten"],
)
def test_a_damaged_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ContractRefused, match="cannot be read"):
        gather(tmp_path / "a.zip", "wsdl")


@pytest.mark.parametrize(
    ("contract", "content", "says"),
    [
        ("wsdl", b"", "an empty file"),
        ("wsdl", b"<!DOCTYPE html><html/>", "a web page"),
        ("wsdl", b'<description xmlns="http://www.w3.org/ns/wsdl"/>', "WSDL 2.0"),
        ("wsdl", b"%PDF-1.4", "no text"),
        ("wsdl", XSD % b"", "an XML schema"),
        ("wsdl", OPENAPI, "give it with --openapi"),
        ("openapi", WSDL % b"", "give it with --wsdl"),
        ("openapi", b"kind: Deployment\n", "has the key openapi"),
        ("openapi", b"[1, 2]", "has the key openapi"),
    ],
)
def test_what_is_no_contract_is_refused_with_a_way_out(tmp_path: Path, contract: str, content: bytes, says: str) -> None:
    path = tmp_path / "given"
    path.write_bytes(content)
    with pytest.raises(ContractRefused) as caught:
        gather(path, contract)
    assert says in str(caught.value) and str(path) in str(caught.value)


def test_a_folder_without_a_contract_says_what_is_there(tmp_path: Path) -> None:
    write(tmp_path, {"x.xsd": XSD % b""})
    with pytest.raises(ContractRefused, match=r"no file in it is a WSDL.*x\.xsd"):
        gather(tmp_path, "wsdl")


@pytest.mark.parametrize("path", ["/nowhere/at/all.wsdl", "https://agency.example/s?wsdl"])
def test_a_path_that_is_not_there_is_a_wrong_call(path: str) -> None:
    with pytest.raises(CallWrong):
        gather(Path(path), "wsdl")


def test_further_schemas_come_under_a_folder_of_their_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"c/s.wsdl": WSDL % b"", "c/xsd/a.xsd": XSD % b"", "more/xsd/a.xsd": XSD % b"<b/>", "more/xsd/d/e.xsd": XSD % b""},
    )
    found = gather(tmp_path / "c" / "s.wsdl", "wsdl", [tmp_path / "more" / "xsd"])
    assert set(found.files) == {"s.wsdl", "xsd/a.xsd", "xsd-2/a.xsd", "xsd-2/d/e.xsd"}
    with pytest.raises(CallWrong, match="--schemas"):
        gather(tmp_path / "c" / "s.wsdl", "wsdl", [tmp_path / "none"])


def test_a_folder_of_too_many_files_is_refused_and_around_a_file_the_nearest_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_FILES", 5)
    write(tmp_path, {"s.wsdl": WSDL % b"", **{f"deep/{i}.xsd": XSD % b"" for i in range(9)}, "near.xsd": XSD % b""})
    with pytest.raises(ContractRefused, match="more than 5 files"):
        gather(tmp_path, "wsdl")
    found = gather(tmp_path / "s.wsdl", "wsdl")
    assert {"s.wsdl", "near.xsd"} < set(found.files) and len(found.files) == 5
    assert found.left_out


def test_a_reference_to_what_no_folder_is_called(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    file = tmp_path / "api" / "a.yaml"
    file.write_text('openapi: 3.0.0\npaths: {/a: {get: {parameters: [{$ref: "../x%00/y.yaml"}]}}}\n')
    assert list(gather(file, "openapi").files) == ["api/a.yaml"]

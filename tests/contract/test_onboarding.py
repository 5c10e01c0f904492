"""Contracts as agencies really publish them, onboarded by command alone: how far each operation comes, and why not further."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.contract.onboard import SOAP, onboard

ALL = "BVR"
FAR = {
    "ferries": {
        "Book": ALL,
        "Ping": ALL,
        "Honk": ALL,
        "Wreck": "---",
        "Sunk": "---",
        "Adrift": "---",
        "Book-Harbour": ALL,
    },
    "orchards": dict.fromkeys(("Plot", "Harvest", "Owner", "Trees", "Visit", "Notes", "Odd"), ALL),
    "lighthouses": dict.fromkeys(("Find", "FindByNumber", "FindByBoth", "SetLamps"), ALL),
    "maps": {"Fetch": ALL, "Deposit": ALL},
    "tables": {"GetTable": ALL},
    "granary": {"SdatZerno": ALL},
    "vineyards": {"D-clarer": ALL},
    "reindeer": {"Count": ALL},
    "canals": {"Enter": ALL, "OpenLock": ALL, "Enter-TollsPort": ALL},
}


@pytest.mark.parametrize("name", sorted(FAR))
def test_how_far_each_operation_comes(name: str, tmp_path: Path) -> None:
    found = onboard(tmp_path, "wsdl", SOAP / name)
    assert found.stages == FAR[name]
    assert found.code == (0 if set(FAR[name].values()) == {ALL} else 1)
    totals = found.report["totals"]
    done = sum(far == ALL for far in FAR[name].values())
    assert totals == {"found": len(FAR[name]), "built": done, "valid": done, "round_trip": done}
    assert all(bool(o["reason"]) == (FAR[name][o["name"]] != ALL) for o in found.report["operations"])


def test_every_folder_here_is_tried() -> None:
    assert sorted(FAR) == sorted(p.name for p in SOAP.iterdir() if p.is_dir())


def test_what_is_missing_is_told_with_its_place(tmp_path: Path) -> None:
    found = onboard(tmp_path, "wsdl", SOAP / "ferries")
    assert found.row("Wreck")["reason"] == (
        "no request can be built: /Hull: no schema declares the type 'HullThatNobodyDeclares' "
        "of namespace 'http://ferries.example/types'"
    )
    assert found.row("Sunk")["reason"] == "no schema declares the element '{http://ferries.example/gone}Sunk'"
    assert found.row("Adrift")["reason"] == "its input names the message 'tns:Nowhere', which is not there"
    assert [line.partition(":")[0] for line in found.report["unresolved"]] == ["ferries.wsdl", "xsd/Service.xsd1.xsd"]
    lost, undeclared = found.report["unresolved"]
    assert "imports 'http://dead.ferries.example/lost/gone.xsd', which is not in the contract's folder" in lost
    assert "xsd/Service.xsd1.xsd:21: no schema declares the type 'HullThatNobodyDeclares'" in undeclared
    notes = found.row("Book")["notes"]
    assert "its input names the message 'tns:bookrequest'; BookRequest was taken" in notes
    assert "its output names the message 'tns:BOOKRESPONSE'; BookResponse was taken" in notes
    assert "the header Ghost is declared by no schema and left out" in notes
    assert found.row("Ping")["notes"] == ["the port type gives it no input: its body is empty"]
    assert found.row("Book-Harbour")["found_as"] == "HarbourPort.Book"


def test_what_was_loosened_is_told(tmp_path: Path) -> None:
    told = onboard(tmp_path, "wsdl", SOAP / "orchards").report["unresolved"]
    assert any("xsd/orchards.xsd:63: libxml2 cannot compile the type 'Vague'" in line for line in told)
    assert any("declares the type 'Twice' otherwise" in line and "the first counts" in line for line in told)


def test_an_archive_gives_what_the_folder_gives(tmp_path: Path) -> None:
    archive = tmp_path / "orchards.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted((SOAP / "orchards").rglob("*.*sd*")):
            packed.write(path, f"Contract v1.2/{path.relative_to(SOAP / 'orchards').as_posix()}")
    (tmp_path / "a").mkdir()
    found = onboard(tmp_path / "a", "wsdl", archive)
    assert found.stages == FAR["orchards"]


def test_only_the_operations_that_are_asked_for(tmp_path: Path) -> None:
    assert onboard(tmp_path, "wsdl", SOAP / "ferries", "--operation", "Honk").stages == {"Honk": ALL}


@pytest.mark.parametrize("name", ["ferries", "orchards"])
def test_the_same_is_written_whatever_the_hash_seed(name: str, tmp_path: Path) -> None:
    written = []
    for seed in ("1", "2"):
        root = tmp_path / seed
        root.mkdir()
        call = [
            sys.executable,
            "-c",
            "from gateway.cli.main import app; app()",
            "agency",
            "new",
            "invented",
            "--wsdl",
            str(SOAP / name),
        ]
        ran = subprocess.run(
            [*call, "--into", str(root)],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert (root / "contracts" / "invented" / "agency.yaml").exists(), ran.stderr
        written.append({p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()})
    assert written[0] == written[1]

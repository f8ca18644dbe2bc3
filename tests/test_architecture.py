"""Holds the shape of the repository: folders, what may import what, what a wheel carries."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import productresearch

REPOSITORY = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
IMPORT_LINTER = PYPROJECT["tool"]["importlinter"]
FOLDERS = set(productresearch.FOLDERS)

FORBIDDEN = [
    ("servers", "client"),
    ("servers", "synthesis"),
    ("servers", "productresearch"),
    ("client", "servers"),
    ("client", "evaluation"),
    ("client", "finetune"),
    ("finetune", "client"),
    ("synthesis", "servers"),
]


def test_every_folder_stands_in_every_list():
    tool = PYPROJECT["tool"]
    built = set(tool["hatch"]["build"]["targets"]["wheel"]["only-include"])
    assert built == FOLDERS | {"productresearch.py"}
    assert set(tool["importlinter"]["root_packages"]) == FOLDERS
    assert set(tool["pyright"]["strict"]) >= built
    assert set(tool["pyright"]["include"]) == {*tool["pyright"]["strict"], "tests"}


def test_every_folder_with_code_of_ours_is_listed():
    packages = {init.parent.name for init in REPOSITORY.glob("*/__init__.py")}
    assert packages == FOLDERS


def test_every_folder_has_a_contract():
    sources = {name for each in IMPORT_LINTER["contracts"] for name in each["source_modules"]}
    assert sources >= FOLDERS


@pytest.mark.parametrize(("importer", "imported"), FORBIDDEN)
def test_the_contracts_refuse_a_forbidden_import(tmp_path: Path, importer: str, imported: str):
    for folder in FOLDERS | {importer}:
        write(tmp_path / folder / "__init__.py", "")
    write(tmp_path / importer / "inner" / "__init__.py", "")
    write(tmp_path / importer / "inner" / "room.py", f"import {imported}\n")
    (tmp_path / "pyproject.toml").write_text((REPOSITORY / "pyproject.toml").read_text())
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert f"{importer}.inner.room -> {imported}" in run.stdout


def test_the_wheel_carries_every_file_of_the_folders(tmp_path: Path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = {
        file.relative_to(REPOSITORY).as_posix()
        for folder in FOLDERS
        for file in (REPOSITORY / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert carried == files | {"productresearch.py"}


def test_every_dependency_is_pinned_by_name_and_version_only():
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    assert [
        line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][\w.+]*", line)
    ] == []
    pinned = {canonical(line.split("==")[0]) for line in lines}
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"].values()
    needed = [*project["dependencies"], *(name for extra in extras for name in extra)]
    assert {canonical(re.split(r"[\[<>=]", each)[0]) for each in needed} <= pinned


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    project = PYPROJECT["project"]
    modules = [REPOSITORY / "productresearch.py"]
    modules += [file for folder in FOLDERS for file in (REPOSITORY / folder).rglob("*.py")]
    imported = {name for module in modules for name in imports(module)}
    brought_by = {**packages_distributions(), "fastmcp": ["fastmcp"]}  # its code: fastmcp-slim
    needed = {
        canonical(brought_by[name][0]) for name in imported - FOLDERS - set(sys.stdlib_module_names)
    }
    declared = [*project["dependencies"], *project["optional-dependencies"]["elasticsearch"]]
    assert needed == {canonical(re.split(r"[\[<>=]", each)[0]) for each in declared}


def test_the_build_uses_the_pinned_hatchling():
    (hatchling,) = PYPROJECT["build-system"]["requires"]
    assert hatchling in (REPOSITORY / "constraints.txt").read_text().splitlines()


def test_packages_are_imported_by_module_since_their_init_is_empty():
    filled = [
        str(init.relative_to(REPOSITORY))
        for folder in FOLDERS
        for init in (REPOSITORY / folder).rglob("__init__.py")
        if init.read_text().strip()
    ]
    assert filled == []


def test_every_folder_of_modules_is_a_package():
    missing = {
        str(module.parent.relative_to(REPOSITORY))
        for folder in FOLDERS
        for module in (REPOSITORY / folder).rglob("*.py")
        if not (module.parent / "__init__.py").exists()
    }
    assert missing == set()


def test_tests_are_no_package():
    assert list((REPOSITORY / "tests").rglob("__init__.py")) == []


def test_no_module_is_named_for_nothing():
    nothing = {"manager", "handler", "helper", "helpers", "utils", "processor", "base"}
    modules = (module for folder in FOLDERS for module in (REPOSITORY / folder).rglob("*.py"))
    named = [
        f"{module.relative_to(REPOSITORY)}: {name}"
        for module in modules
        for name in [module.stem, *classes(module)]
        if any(name.lower().endswith(word) for word in nothing)
    ]
    assert named == []


def canonical(name: str) -> str:
    """The name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imports(module: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    plain = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in plain | parts}


def classes(module: Path) -> list[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)

"""The import contracts cover the house as it stands, not as it stood when they were written."""

import tomllib

from tests.project.tree import ROOT


def contract(start: str) -> dict:
    """The contract whose name starts so."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (found,) = (contract for contract in contracts if contract["name"].startswith(start))
    return found


def test_every_module_of_the_log_is_the_writers_or_the_verifiers() -> None:
    """A new module on neither side could be what both share."""
    verifier = contract("The verifier shares no code")
    modules = {f"app.audit.{path.stem}" for path in (ROOT / "app" / "audit").glob("*.py")} - {"app.audit.__init__"}
    modules |= {f"app.audit.{path.parent.name}" for path in (ROOT / "app" / "audit").glob("*/__init__.py")}
    assert set(verifier["source_modules"]) | set(verifier["forbidden_modules"]) == modules


def test_importing_the_verifier_imports_nothing_of_the_writers() -> None:
    """The package's own first lines run before the verifier's."""
    assert "import" not in (ROOT / "app" / "audit" / "__init__.py").read_text()


def test_no_room_is_outside_the_layers() -> None:
    """A folder without `__init__.py` is one that the contracts don't see."""
    folders = {path.parent for path in (ROOT / "app").rglob("*.py")}
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").exists()) == []

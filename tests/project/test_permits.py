"""Only the gate makes a permit: the seal's owner and its one user, found by reading every module."""

import ast

import pytest

from tests.project.tree import ROOT

HOME = "app/records/permit.py"
ISSUING = {"issue", "issue_tables", "_SEAL"}


def modules() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / "app").rglob("*.py"))]


def uses(source: str) -> set[str]:
    """The issuing names that a module imports, or reaches through the permit module under any name."""
    tree = ast.parse(source)
    found: set[str] = set()
    permit_module: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith("permit"):
            found |= {alias.name for alias in node.names if alias.name in ISSUING or alias.name == "*"}
        elif isinstance(node, ast.ImportFrom):
            permit_module |= {alias.asname or alias.name for alias in node.names if alias.name == "permit"}
        elif isinstance(node, ast.Import):
            permit_module |= {
                alias.asname for alias in node.names if alias.name == "app.records.permit" and alias.asname
            }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ISSUING:
            through = ast.unparse(node.value)
            if through in permit_module or through.endswith("records.permit"):
                found.add(node.attr)
    return found


def test_only_the_gate_issues_permits() -> None:
    """A permit from anywhere else would be a read that nobody decided on."""
    issuers = {path for path in modules() if path != HOME and uses((ROOT / path).read_text())}
    assert len(modules()) > 30
    assert issuers, "nobody issues permits: this test has gone blind"
    assert {path for path in issuers if not path.startswith("app/gate/")} == set()


@pytest.mark.parametrize(
    "source",
    [
        "from app.records.permit import issue",
        "from app.records.permit import issue as allow",
        "from app.records.permit import *",
        "from app.records import permit\npermit.issue_tables(1)",
        "from app.records import permit as p\np.issue(1)",
        "import app.records.permit as p\np._SEAL",
        "import app.records.permit\napp.records.permit.issue(1)",
        "from .permit import issue",
    ],
)
def test_every_way_to_reach_the_issuer_is_seen(source: str) -> None:
    """The reading above is tried on what it must find."""
    assert uses(source)


def test_a_permit_as_a_type_is_everybodys() -> None:
    """Records name the type that they ask for."""
    assert uses("from app.records.permit import Permit") == set()

"""What the Dockerfile promises: small, without root, watched, and from the locks."""

import re

from tests.project.tree import ROOT

DOCKERFILE = ROOT / "Dockerfile"


def stages() -> list[str]:
    """The instructions of each stage, the last one being what is shipped."""
    return re.split(r"^FROM ", DOCKERFILE.read_text(), flags=re.MULTILINE)[1:]


def test_what_builds_is_not_shipped() -> None:
    """The final stage copies what was installed, and installs nothing."""
    assert len(stages()) >= 2
    assert "pip install" not in stages()[-1]
    assert "apt-get" not in stages()[-1]
    assert "COPY --from=" in stages()[-1]


def test_every_package_comes_from_a_hashed_lock() -> None:
    """Only the project itself is installed without a hash, since it comes from the folder at hand."""
    text = DOCKERFILE.read_text()
    assert "--require-hashes -r locks/build.txt" in text
    assert "--require-hashes -r locks/runtime.txt" in text
    installs = re.findall(r"^.*\bpip\b.* (?:install|wheel) .*$", text, re.MULTILINE)
    assert len(installs) >= 4
    assert [line for line in installs if "--require-hashes" not in line and "--no-index" not in line] == []


def test_it_does_not_run_as_root() -> None:
    """A numbered user, so that an orchestrator can tell that it isn't root."""
    users = re.findall(r"^USER (\S+)", stages()[-1], re.MULTILINE)
    assert users
    assert all(re.fullmatch(r"[1-9][0-9]*(:[1-9][0-9]*)?", user) for user in users)


def test_its_health_is_watched_with_what_is_in_it() -> None:
    """The check asks /health with Python: the image has no curl."""
    (check,) = re.findall(r"^HEALTHCHECK (?:.*\\\n)*.*", stages()[-1], re.MULTILINE)
    assert "/health" in check
    assert '"python"' in check
    assert "curl" not in check


def test_it_serves() -> None:
    """The image runs the same command that the README names."""
    assert re.search(r'^CMD \["openmind", "serve"', stages()[-1], re.MULTILINE)


def test_secrets_and_rubbish_stay_outside() -> None:
    """What git doesn't track, the image doesn't get."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0].startswith("#")
    assert "*" in ignored, "everything is left out that is not named"

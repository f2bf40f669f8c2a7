"""The facts changed in one place at a time, and whether their cases notice: `scripts/mutate facts` runs it in a copy.

mutmut makes the changes and switches between them. Here each change is tried in a process that is forked off with the
cases on file already, on SQLite and, if that does not notice, on PostgreSQL: a run of the tests for each takes ten
times as long.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from random import Random

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.utils.format_utils import get_mutant_name

from tests.progress import progress

CODE = [Path("app/records") / name for name in ("predicates.py", "agreeing.py", "facts.py")]
TRIED = Path("tried.json")
SECONDS = 120
SAME, OTHER, ERROR, ENDLESS = "the same", "noticed", "an error", "without end"
NOTICED = (OTHER, ERROR, ENDLESS)


def mutated() -> list[str]:
    """Put every change into the code, none of them switched on; their names."""
    names = []
    for path in CODE:
        found = mutate_file_contents(str(path), path.read_text())
        path.write_text(found.code)
        names += [get_mutant_name(path, name) for name in found.mutant_names]
    return names


def tried_in_a_fork(name: str, differs: Callable[[], bool]) -> str:
    """What came of one change."""
    child = os.fork()
    if not child:
        signal.alarm(SECONDS)
        set_mutant_under_test(name)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            os._exit(1 if differs() else 0)
        except BaseException:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    return ENDLESS if os.WIFSIGNALED(status) else (SAME, OTHER, ERROR)[os.waitstatus_to_exitcode(status)]


def main(wanted: list[str]) -> int:
    """Try those that are named, or all that were not tried yet; 0 once everything was noticed."""
    names = mutated()
    from migrations import upgrade  # from here on, the code is what was changed
    from tests.postgres import LocalServer, wait_for
    from tests.records.crowd import Crowd
    from tests.records.test_fact_edges import EDGES
    from tests.records.test_facts import EVERY_FACT

    crowd = Crowd([*EVERY_FACT, *EDGES])

    async def differs_on(url: str) -> bool:
        async with aclosing(crowd.differing(url)) as found:
            return await anext(found, None) is not None

    tried: dict[str, str] = json.loads(TRIED.read_text()) if TRIED.exists() else {}
    asked = [name for name in names if name in wanted or (not wanted and name not in tried)]
    Random(20121101).shuffle(asked)  # whatever is done when it is stopped is a sample of all
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # the server's user passes through it
        server = LocalServer.create(Path(folder) / "postgres")
        try:
            server.start()
            urls = [f"sqlite:///{folder}/open-mind.db", server.create_database("mutants")]
            for url in urls:
                wait_for(lambda url=url: upgrade(url))
                asyncio.run(crowd.put(url))
                assert tried_in_a_fork("", lambda url=url: asyncio.run(differs_on(url))) == SAME
            with progress("changes of the facts", len(asked)) as advance:
                for name in asked:
                    for url in urls:
                        tried[name] = tried_in_a_fork(name, lambda url=url: asyncio.run(differs_on(url)))
                        if tried[name] in NOTICED:
                            break
                    TRIED.write_text(json.dumps(tried, indent=0))
                    advance(1)
        finally:
            server.remove()
    return told(names, tried)


def told(names: list[str], tried: dict[str, str]) -> int:
    """Print what survived, and the score of each module."""
    survivors = [name for name in names if tried.get(name) == SAME]
    for name in survivors:
        print(name)
    modules = Counter(name.rpartition(".")[0] for name in names if name in tried)
    for module, total in modules.items():
        noticed = total - sum(name.startswith(f"{module}.") for name in survivors)
        print(f"{module}: {total} tried, {noticed} noticed, {100 * noticed / total:.1f} %")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Writes the Leicester example: `python -m examples.generate [--out FOLDER] [--seed NUMBER]`."""

import argparse
from pathlib import Path
from random import Random

from examples.generator import agreed, diary, justice, local, national, prose, standing
from examples.generator.measures import measured
from examples.generator.people import people
from examples.generator.plan import cases
from examples.generator.responsible import Responsible
from examples.generator.sessions import pathways
from examples.generator.writing import Files, write

SEED = 2013
FOLDER = Path(__file__).parent / "leicester-2013"


def example(seed: int) -> Files:
    """All files of the example; each part draws from dice of its own, so that a change in one leaves the others."""

    def dice(part: str) -> Random:
        return Random(f"{seed}:{part}")

    planned = cases(dice("plan"))
    everybody = people(planned, dice("people"))
    referrals = pathways(planned, dice("sessions"))
    problem_dice, weights = dice("problems"), [weight for *_, weight in prose.PROBLEMS]
    problems = {pathway.referral_id: problem_dice.choices(prose.PROBLEMS, weights)[0] for pathway in referrals}
    measuring = dice("measures")
    measures = {
        pathway.referral_id: measured(pathway, problems[pathway.referral_id][0] == "F40.1", measuring)
        for pathway in referrals
    }
    files = national.tables(referrals, everybody, problems, measures, dice("national"))
    files |= justice.files(planned, everybody, dice("justice"))
    responsible = Responsible(files["justice/allocations.jsonl"], referrals)
    said = agreed.files(referrals, responsible, dice("agreed"))
    consents = said["standing/consents.jsonl"]
    files |= local.tables(referrals, everybody, problems, measures, consents, responsible, dice("local"))
    sentences = {row["crn"]: dict(row) for row in files["justice/supervisions.jsonl"]}
    levels = {row["crn"]: row["rosh"] for row in files["justice/risk.jsonl"]}
    files["justice/obligations.jsonl"] = diary.obligations(sentences, referrals, levels, dice("diary"))
    return files | standing.files() | said


def main() -> None:
    """The operator's command."""
    parser = argparse.ArgumentParser(description="Write the Leicester example data; the same seed, the same bytes.")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s, the seed of the committed files")
    arguments = parser.parse_args()
    files = example(arguments.seed)
    write(files, arguments.out)
    print(f"{sum(map(len, files.values()))} rows in {len(files)} files under {arguments.out}")


if __name__ == "__main__":
    main()

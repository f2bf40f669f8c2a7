"""Looks at colleagues and at namesakes, as far as names tell: the register of staff has no dates of birth.

A person bears a colleague's name if their first given name and their family name are those of the register's display
name, and a member of staff's own surname if their family name ends that display name. Titles, accents, apostrophes and
capitals make no difference; a hyphen joins two names into one.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.config import Watch
from app.pathway.watching.looks import Alert, Figure, Look, month_of, once_in
from app.vocabulary import WatchRule

ASK = "the member of staff, and their manager: do they know this person, and what was the reason to look?"
_TITLES = frozenset({"dr", "miss", "mr", "mrs", "ms", "mx", "prof", "professor", "rev", "sir", "dame"})


class Named(NamedTuple):
    """Somebody on file, by id and names."""

    id: str
    given_names: str
    family_name: str


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, as far as they are compared."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = ("".join(each for each in word if each.isalnum()) for word in plain.split())
    return tuple(word for word in letters if word)


def untitled(name: str) -> list[str]:
    """A display name's words as they stand, without titles."""
    return [word for word in name.split() if words_of(word) and words_of(word)[0] not in _TITLES]


def surnames(name: str) -> list[str]:
    """What of a display name can be a surname, the longest first; nothing of a single word."""
    words = untitled(name)
    return [" ".join(words[start:]) for start in range(1, len(words))]


@dataclass(slots=True)
class Likeness:
    """Who on file bears which names of staff: found once from the register and the people of its surnames."""

    colleagues: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Person to the members of staff whose whole name they bear."""
    namesakes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Person to the members of staff whose surname they bear."""
    bearers: dict[str, int] = field(default_factory=dict)
    """Person to how many people on file have their surname."""

    @classmethod
    def between(cls, staff: Mapping[str, str], people: Mapping[str, Sequence[Named]], watch: Watch) -> "Likeness":
        """From each username's display name, and the people on file by surname as `surnames` spells it.

        A surname that more than `surname_people` bear says nothing about whoever has it, and is not compared.
        """
        found = cls()
        for username, name in staff.items():
            words = words_of(" ".join(untitled(name)))
            for surname in surnames(name):
                found._compare(username, words, people.get(surname, ()), watch)
        return found

    def _compare(self, username: str, words: tuple[str, ...], people: Iterable[Named], watch: Watch) -> None:
        same = [(person, family) for person in people if (family := words_of(person.family_name))
                and len(family) < len(words) and words[-len(family):] == family]  # fmt: skip
        for person, _ in same:
            if words_of(person.given_names)[:1] == words[:1]:
                self.colleagues[person.id].add(username)
            if len(same) <= watch.surname_people:
                self.namesakes[person.id].add(username)
                self.bearers[person.id] = len(same)


@dataclass(slots=True)
class Names:
    """Looks at people who are not the looker's own: not on their caseload, and not allocated to them."""

    watch: Watch = field(default_factory=Watch)
    likeness: Likeness = field(default_factory=Likeness)
    _month: str = ""
    _said: set[str] = field(default_factory=set)

    def see(self, look: Look) -> Alert | None:
        """An alert at the first look of a month at a person with such a name."""
        if not look.obtained or look.person is None or look.crn is None or look.own:
            return None
        if self.likeness.colleagues.get(look.person, set()) - {look.staff} and WatchRule.COLLEAGUE in self.watch.rules:
            return self._alert(WatchRule.COLLEAGUE, look)
        if look.staff in self.likeness.namesakes.get(look.person, ()) and WatchRule.NAMESAKE in self.watch.rules:
            return self._alert(WatchRule.NAMESAKE, look)
        return None

    def _alert(self, rule: WatchRule, look: Look) -> Alert | None:
        month = month_of(look.at)
        if month != self._month:
            self._month = month
            self._said.clear()
        once = once_in(month, rule, look)
        if once in self._said:
            return None
        self._said.add(once)
        if rule is WatchRule.COLLEAGUE:
            figures: dict[str, Figure] = {"compared": "name"}
            said = (
                "They looked at a person who has the name of another member of staff and is not allocated to them. "
                "Names alone were compared, since the register has no dates of birth: it may be somebody else. "
                "Any such look is an alert, once a month."
            )
        else:
            bearers, most = self.likeness.bearers[look.person or ""], self.watch.surname_people
            figures = {"compared": "surname", "people": bearers, "most": most}
            said = (
                "They looked at a person who has their own surname and is not allocated to them. "
                f"People on file who have it: {bearers}; of a surname that more than {most} have there is no alert. "
                "A surname alone does not say that two people are related."
            )
        return Alert(rule, str(look.number), look, (look.number,), figures, said, ASK, once)

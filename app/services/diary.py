"""The diary of a referral: slots that are proposed, appointments that are booked and moved.

What the person has to attend is looked at under C4, which tells that a time or a place is unsuitable or that two staff
are needed, and never why; what C1 and C3 open besides, the answer may say, and a further entry says that it did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from app.gate import AccessRefused, Act, Gate, Unacceptable
from app.pathway.diary.clashes import Wanted, clash, taken
from app.pathway.diary.proposals import proposals
from app.pathway.diary.spans import Span, minute, minute_after, span
from app.records import rows
from app.records.diary import over
from app.records.free_time import free_change
from app.records.rows import Found
from app.records.writing import next_version, own_record
from app.services.answers import Answer, document, reasons
from app.services.booking import FACE_TO_FACE, Booking, Place, as_booked, as_wanted
from app.services.diary_search import DAY_MINUTES, Asked, DiaryReader, Known
from app.services.diary_told import CHECKED, OF_OBLIGATIONS, OF_RISK, SEEN, TOLD, Reached, as_reason, as_slot
from app.services.entity_tags import check_tag, tag_of
from app.services.following import booked
from app.services.meanwhile import looked_again
from app.services.referred import Referred
from app.vocabulary import Action, Category, Question

APPOINTMENT, BOOKING = "appointment", "appointment_booking"
CLOSED = frozenset({"discharged", "not-suitable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Within which slots are looked for, how long they are, how many are wanted; of whom and where, if that matters."""

    since: datetime
    until: datetime
    minutes: int
    size: int
    therapist: str | None = None
    site: str | None = None


class DiaryService:
    """Slots and bookings; every method leaves an entry for each question that it decides."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._referred = Referred(gate)
        self._reader = DiaryReader(gate)

    async def slots(self, question: Question, referral_id: str, period: Period) -> Answer:
        """Slots that clash with nothing, the best first, with as many reasons as the caller may see.

        The question asks to read the attendance. Unacceptable `not-found` for a referral of another service, or one
        of a person about whom C4 tells the caller nothing.
        """
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            reached = await self._reached(act, question, referral_id)
            since = max(period.since, question.at)
            window = minute_after(since), max(minute(period.until), minute_after(since) + 1)
            known = await self._known(act, question, reached, window, period.minutes)
            search = known.search
            if period.site is not None:
                search = replace(search, places=tuple(each for each in search.places if each.id == period.site))
            reached.proposes(search.sees)
            found = [slot for slot in proposals(search) if period.therapist in (None, slot.therapist)]
            act.released = {Category.ATTENDANCE.value: ["appointments.startsAt", "appointments.minutes"]}
            act.details["subjects"] = [Category.ATTENDANCE.value]
            act.answer = document(
                {
                    "referralId": referral_id,
                    "minutes": period.minutes,
                    "twoStaffNeeded": search.person.needs_two_staff,
                    "data": [as_slot(slot, search.person.needs_two_staff) for slot in found[: period.size]],
                    "more": len(found) > period.size,
                    "withheld": reasons(
                        each for each in reached.seen.withheld(act.agreement) if each.subject in CHECKED
                    ),
                }
            )
        return Answer(act.answer, act.receipt)

    async def unsuitable(self, question: Question, referral_id: str, coming: Sequence[Mapping[str, Any]]
                         ) -> Mapping[str, list[str]]:  # fmt: skip
        """What C4 says of appointments as they are booked: the probation service may since have asked for the time.

        By the id of each; empty for a caller whom C4 tells nothing of this person.
        """
        checking = replace(question, action=Action.CHECK, subjects=CHECKED)
        told: dict[str, list[str]] = {}
        try:
            async with self._gate.act(checking, record=("referral", referral_id)) as act:
                attendance = self._gate.decide_beside(act, replace(question, subjects=(Category.ATTENDANCE,)))
                if not attendance.opens(Category.ATTENDANCE):
                    raise Unacceptable("not-found")
                referral = await self._referred.referral(act, question, referral_id)
                starts = [row["startsAt"] for row in coming]
                window = minute(min(starts)), minute(max(starts)) + DAY_MINUTES
                asked = Asked(referral, window, 0, question.at, frozenset(), reads_contact=False)
                known = await self._reader.known(act, asked)
                told = {row["id"]: [each.value for each in clash(known.search, as_booked(known, row)).unsuitable]
                        for row in coming}  # fmt: skip
                act.released = dict(TOLD)
        except (AccessRefused, Unacceptable):
            return {}
        return told

    async def book(self, question: Question, referral_id: str, place: Place) -> tuple[Answer, str]:
        """Book an appointment, and the entity tag of it; the question asks to write the attendance.

        Unacceptable `slot-taken` or `slot-unsuitable` for a time at which it cannot be. Where somebody was faster it is
        looked at again, so that whatever they took is told in the words in which it would have been told before.
        """
        return await looked_again(lambda: self._book(question, referral_id, place))

    async def _book(self, question: Question, referral_id: str, place: Place) -> tuple[Answer, str]:
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            reached = await self._reached(act, question, referral_id)
            if reached.referral["closed_on"] is not None or reached.referral["status"] in CLOSED:
                raise Unacceptable("referral-closed")
            booking = await self._placed(act, question, reached, place)
            made = own_record(question.at)
            made["source_id"] = f"OM{uuid4().hex[:18]}"  # the national tables have room for twenty characters
            of = {"person_id": act.standing.person_id, "referral_id": referral_id}
            self._write(act, question, made | of | booking.appointment, made | of | booking.held, None)
            act.details |= {"change": "booked", "table": APPOINTMENT}
            moved = await booked(self._gate, act, question, reached.referral)
            said = {"id": made["id"], "referralId": referral_id, "version": made["source_version"], "moved": moved}
            act.answer = document(said)
        return Answer(act.answer, act.receipt), tag_of(made)

    async def move(self, question: Question, referral_id: str, appointment_id: str, place: Place, tag: str | None
                   ) -> tuple[Answer, str]:  # fmt: skip
        """Give an appointment another time, therapist or room, if `tag` (If-Match) is its version.

        As `book`; `appointment-over` for one that has begun, or of which it is recorded what became of it.
        """
        return await looked_again(lambda: self._move(question, referral_id, appointment_id, place, tag))

    async def _move(self, question: Question, referral_id: str, appointment_id: str, place: Place, tag: str | None
                    ) -> tuple[Answer, str]:  # fmt: skip
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            row = await self._referred.record(act, question, referral_id, APPOINTMENT, appointment_id)
            check_tag(tag_of(row), tag)
            if row["starts_at"] <= question.at or row["attendance_code"] is not None:
                raise Unacceptable("appointment-over")
            reached = await self._reached(act, question, referral_id)
            held = await rows.one(self._gate.records, act.permit, BOOKING, appointment_id)
            place = await self._as_it_was(act, row, held, place)
            booking = await self._placed(act, question, reached, place, row)
            version = next_version(row, question.at)
            of = {name: row[name] for name in ("id", "source", "source_id", "person_id", "referral_id")}
            seen = {"id": appointment_id, "source_version": row["source_version"]}
            change = self._gate.writer.update(APPOINTMENT, seen, booking.appointment | version)
            self._write(act, question, change, of | version | booking.held, held)
            act.details |= {"change": "moved", "table": APPOINTMENT}
            said = {"id": appointment_id, "referralId": referral_id, "version": version["source_version"]}
            act.answer = document(said | {"moved": None})
        return Answer(act.answer, act.receipt), tag_of(version)

    async def take_again(self, act: Act, question: Question, row: Found) -> None:
        """What a cancellation set free is taken once more, as if it were booked now; Unacceptable where it can't be.

        Who is asked about is of the same act, and the change that writes it comes after.
        """
        reached = await self._reached(act, question, row["referral_id"])
        held = await rows.one(self._gate.records, act.permit, BOOKING, row["id"])
        place = await self._as_it_was(act, row, held, Place())
        shown = {"startsAt": row["starts_at"], "minutes": row["minutes"], "medium": row["medium"], "site": row["site"],
                 "room": place.room, "therapist": place.therapist, "secondStaff": place.second}  # fmt: skip
        window = minute(row["starts_at"]), minute(row["starts_at"]) + DAY_MINUTES
        known = await self._known(act, question, reached, window, 0, row["id"])
        self._check(reached, known, as_booked(known, shown))
        taking = held or {"staff_id": None, "second_staff_id": None, "room_id": None}
        times = {"starts_at": row["starts_at"], "ends_at": over(row["starts_at"], row["minutes"])}
        act.changes.append(free_change(self._gate.records, row | taking | times))

    def _write(self, act: Act, question: Question, appointment: Any, held: Found, before: Found | None) -> None:
        """First that nobody else has any of it: what is found under the log's lock holds until it is written."""
        writer = self._gate.writer
        act.changes.append(free_change(self._gate.records, held))
        act.changes.append(appointment if isinstance(appointment, tuple) else writer.insert(APPOINTMENT, appointment))
        held = held | {"booked_by": question.caller.staff}
        if before is None:
            act.changes.append(writer.insert(BOOKING, held))
        else:
            seen = {"id": before["id"], "source_version": before["source_version"]}
            act.changes.append(writer.update(BOOKING, seen, {k: v for k, v in held.items() if k != "id"}))

    async def _reached(self, act: Act, question: Question, referral_id: str) -> Reached:
        """The referral, and what C4, C1 and C3 open of the person's diary; without C4 it is out of reach."""
        referral = await self._referred.referral(act, question, referral_id)
        checked = self._gate.decide_beside(act, replace(question, action=Action.CHECK, subjects=CHECKED))
        if not all(checked.opens(each) for each in CHECKED):
            raise Unacceptable("not-found")
        seen = self._gate.decide_beside(act, replace(question, action=Action.READ, subjects=SEEN))
        return Reached(referral, checked, seen)

    async def _known(self, act: Act, question: Question, reached: Reached, window: Span, minutes: int,
                     moved: str = "") -> Known:  # fmt: skip
        contact = reached.seen.opens(Category.CONTACT)
        asked = Asked(reached.referral, window, minutes, question.at, reached.sees, contact, moved)
        return await self._reader.known(act, asked)

    async def _as_it_was(self, act: Act, row: Found, held: Found | None, place: Place) -> Place:
        """What is not said of a move stays: a room only as long as the site is the same, and both while they meet."""
        was: dict[str, Any] = {
            "starts_at": row["starts_at"], "minutes": row["minutes"], "kind": row["appointment_type"],
            "medium": row["medium"], "interpreter": row["interpreter"], "site": row["site"],
        }  # fmt: skip
        if held is not None:
            for name, column in (("therapist", "staff_id"), ("second", "second_staff_id")):
                member = held[column] and await rows.one(self._gate.records, act.permit, "staff", held[column])
                was[name] = member["username"] if member else None
            if place.site in (None, row["site"]) and held["room_id"]:
                was["room"] = held["room_id"].partition(":")[2]
        was |= dict.fromkeys(place.without)
        if "site" in place.without or place.medium not in (None, FACE_TO_FACE):  # nobody comes anywhere
            was |= {"site": None, "room": None}
        given: dict[str, Any] = {name: getattr(place, name) for name in Place.__dataclass_fields__}
        given = {name: was.get(name) if value is None else value for name, value in given.items()}
        return Place(**given)

    async def _placed(self, act: Act, question: Question, reached: Reached, place: Place, row: Found | None = None
                      ) -> Booking:  # fmt: skip
        """What is to be written; Unacceptable for who or where there is not, and for when it cannot be."""
        starts, minutes = place.starts_at or question.at, place.minutes or 50
        if starts <= question.at:
            raise Unacceptable("time-past", field="startsAt")
        window = span(starts, starts + timedelta(minutes=minutes))
        known = await self._known(act, question, reached, window, minutes, row["id"] if row else "")
        wanted = as_wanted(known, place, window, starts)
        self._check(reached, known, wanted)
        second = None if wanted.second is None else known.staff[wanted.second.username]["id"]
        medium = place.medium or FACE_TO_FACE
        return Booking(
            {
                "starts_at": starts, "minutes": minutes, "appointment_type": place.kind or "02", "medium": medium,
                "location_code": known.locations.get(place.site or ""), "site": place.site, "planned": "Y",
                "interpreter": place.interpreter,
            },
            {
                "staff_id": known.staff[wanted.therapist.username]["id"], "second_staff_id": second,
                "room_id": wanted.room and wanted.room.id, "starts_at": starts,
                "ends_at": starts + timedelta(minutes=minutes),
            },
        )  # fmt: skip

    def _check(self, reached: Reached, known: Known, wanted: Wanted) -> None:
        """What the service's diaries say against it is told as it is; what the person's do, as far as may be seen."""
        against = taken(known.search, wanted)
        if against:
            raise Unacceptable("slot-taken", told={"taken": [each.value for each in against]})
        reached.checks()
        found = clash(known.search, wanted)
        if not found.unsuitable:
            return
        why = found.seen_by(known.search.sees)
        for category, names in ((Category.OBLIGATIONS, OF_OBLIGATIONS), (Category.RISK, OF_RISK)):
            if any(each.category is category for each in why):
                reached.seen.released[category.value] = list(names)
        told: dict[str, Any] = {"unsuitable": [each.value for each in found.unsuitable]}
        raise Unacceptable("slot-unsuitable", told=told | ({"why": [as_reason(each) for each in why]} if why else {}))

"""What belongs to a referral of the caller's own service, for an act that has been decided on.

Whatever else there is, of another service, a draft, taken back or merged, is answered like what there is not.
"""

from dataclasses import replace

from app.gate import Act, Gate, Unacceptable
from app.policies import decide
from app.records import rows
from app.records.rows import Found
from app.services.register import StaffRegister
from app.vocabulary import Action, Question


class Referred:
    """Looks up referrals and what hangs on them."""

    def __init__(self, gate: Gate) -> None:
        self._records = gate.records
        self._register = StaffRegister(gate)

    async def referral(self, act: Act, question: Question, referral_id: str) -> Found:
        """A referral that was sent to the service where the caller works; Unacceptable `not-found` for any other."""
        referral = await rows.one(self._records, act.permit, "referral", referral_id)
        member = await self._register.found(act, question.caller.staff or "")
        if referral is None or member is None or referral["service_id"] != member["service_id"]:
            raise Unacceptable("not-found")
        gone = referral["withdrawn_at"] is not None or referral["merged_into"] is not None
        if referral["status"] == "draft" or gone:
            raise Unacceptable("not-found")
        return referral

    async def record(self, act: Act, question: Question, referral_id: str, table: str, identity: str) -> Found:
        """A record of such a referral, for who may also read it: what is said of its version tells of it."""
        await self.referral(act, question, referral_id)
        found = await rows.one(self._records, act.permit, table, identity)
        reading = decide(replace(question, action=Action.READ), act.standing.facts, act.agreement)
        if found is None or found["referral_id"] != referral_id or found["withdrawn_at"] is not None:
            raise Unacceptable("not-found")
        if any(not ruling.permitted for ruling in reading.rulings):
            raise Unacceptable("not-found")
        return found

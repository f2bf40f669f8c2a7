"""What an imported record can break: the national data set's rules, each side's identifiers, and the agreement.

A rule's id is stable; its remedy says what the sender can do. Neither ever repeats a value.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What breaking a rule means."""

    FILE = "file-rejected"
    """Nothing of the file is loaded; for a national table, nothing of the health side's submission."""
    RECORD = "rejected"
    WARNING = "warned"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, its severity, what is wrong and what to do."""

    id: str
    severity: Severity
    wrong: str
    remedy: str


_ALL = (
    # --- files
    ("file-unknown", Severity.WARNING, "nothing is known of such a file", "compare its name with the documentation"),
    ("file-unreadable", Severity.FILE, "the file is not UTF-8 text of its kind", "export it again as UTF-8"),
    ("file-utf16", Severity.FILE, "the file is UTF-16", "save it as 'CSV UTF-8', not as 'Unicode text'"),
    ("file-not-utf8", Severity.FILE, "the file is in a Windows or Latin-1 encoding", "save it as 'CSV UTF-8'"),
    ("file-delimiter", Severity.FILE, "the columns are not separated by commas", "export it with commas"),
    ("columns-missing", Severity.FILE, "a column is missing", "export the table with all its columns"),
    ("table-missing", Severity.FILE, "a required table is missing", "send the submission with every required table"),
    ("header-invalid", Severity.FILE, "the header is not one row of a 2.1 submission", "write one full header"),
    ("nhs-number-invalid", Severity.FILE, "this is no NHS number", "trace the patient and send the number again"),
    ("nhs-number-shared", Severity.FILE, "two patients have one NHS number", "merge them or correct one number"),
    (
        "submission-superseded",
        Severity.WARNING,
        "a newer submission of the period is in: nothing of this one is taken",
        "send the period again with a newer DateTimeDatSetCreate",
    ),
    ("patient-repeated", Severity.FILE, "a local patient id stands twice", "send each patient once"),
    # --- rows and fields
    ("row-malformed", Severity.RECORD, "the row cannot be read", "export the row again"),
    ("record-repeated", Severity.RECORD, "the record stands in the file twice", "send each version of a record once"),
    ("kind-unknown", Severity.RECORD, "your system sends no records of this kind", "see docs/sync.md for its kinds"),
    ("companion-unknown", Severity.RECORD, "no such table comes with this kind", "see docs/sync.md for its companions"),
    ("source-id-differs", Severity.RECORD, "the record names itself otherwise", "send the id that the record has"),
    ("field-missing", Severity.RECORD, "a required field is empty", "fill it in"),
    ("value-malformed", Severity.RECORD, "the value is not of its kind", "give a value of the documented kind"),
    ("value-too-long", Severity.RECORD, "the value is too long", "shorten it"),
    (
        "date-ambiguous",
        Severity.RECORD,
        "a spreadsheet rewrote the date, and it can be read in two ways",
        "write dates as yyyy-MM-dd, and the column as text",
    ),
    (
        "date-serial",
        Severity.RECORD,
        "this is a spreadsheet's day number, which counts from 1900 or from 1904",
        "write dates as yyyy-MM-dd, and the column as text",
    ),
    (
        "number-rounded",
        Severity.RECORD,
        "a spreadsheet wrote the number with an exponent, and digits of it can be lost",
        "export it again with the column as text",
    ),
    (
        "zeros-dropped",
        Severity.RECORD,
        "digits are missing in front, as where a spreadsheet takes an identifier for a number",
        "export it again with the column as text",
    ),
    (
        "date-respelled",
        Severity.WARNING,
        "the date is not yyyy-MM-dd, but can be read in one way alone: so it is read",
        "write dates as yyyy-MM-dd",
    ),
    (
        "zero-restored",
        Severity.WARNING,
        "the code lacks the zero in front, and with it is one of its list: so it is read",
        "export it again with the column as text",
    ),
    ("date-malformed", Severity.RECORD, "this is no date", "write dates as yyyy-MM-dd"),
    ("moment-malformed", Severity.RECORD, "this is no moment", "write moments as yyyy-MM-ddTHH:mm:ss with an offset"),
    ("moment-without-offset", Severity.RECORD, "the moment could be any of several", "add the offset from UTC"),
    ("code-unknown", Severity.RECORD, "the code is not in its list", "use a code of the documented list"),
    ("identifier-invalid", Severity.RECORD, "the identifier is not one", "check the identifier at its source"),
    ("ends-before-start", Severity.RECORD, "the end lies before the start", "correct one of the two"),
    ("modified-before-recorded", Severity.RECORD, "it was changed before it was recorded", "correct one of the two"),
    ("identifier-shared", Severity.RECORD, "another record has this identifier", "merge the records or correct one"),
    ("database-refused", Severity.RECORD, "the database refuses the record", "compare it with the documentation"),
    # --- references and standing
    ("parent-missing", Severity.RECORD, "what it belongs to is not there", "send that record too, and first"),
    ("companion-missing", Severity.RECORD, "its local row is missing", "send the local row with the national one"),
    ("staff-unknown", Severity.RECORD, "nobody on the register has this username", "register the member of staff"),
    ("client-unknown", Severity.RECORD, "no registered system may write this", "register the system that sends it"),
    ("clinical-lead-unknown", Severity.RECORD, "nobody led the service on that day", "register its clinical lead"),
    ("service-unknown", Severity.RECORD, "no such service is registered", "register the service"),
    (
        "service-unclear",
        Severity.RECORD,
        "national tables do not say which service it is, and the provider has not exactly one",
        "name it: openmind import --service <service id>",
    ),
    ("role-not-at-party", Severity.RECORD, "nobody has this role at this party", "correct the role or the party"),
    ("party-differs", Severity.RECORD, "the recorder is at the other party", "correct the recorder or the party"),
    ("never-to-oneself", Severity.RECORD, "nobody authorises themselves", "have a probation lead grant it"),
    ("consent-overlaps", Severity.RECORD, "another consent of its scope holds then", "supersede the newest one"),
    ("consent-chain", Severity.RECORD, "it cannot supersede that consent", "supersede the newest of person and scope"),
    ("period-backdated", Severity.RECORD, "the permission begins too early", "begin with its record"),
    ("period-overlaps", Severity.RECORD, "another of its kind holds then", "begin where it ends, or revoke it first"),
    ("objection-overlaps", Severity.RECORD, "this objection stands already", "withdraw the one before first"),
    ("subject-request-open", Severity.RECORD, "another request of the person is open", "close that one first"),
    ("changed-meanwhile", Severity.RECORD, "somebody else changed it at the same time", "import again"),
    ("merged-into-itself", Severity.RECORD, "a record is not merged into itself", "name the record that stays"),
    ("willingness-missing", Severity.RECORD, "mental health treatment needs willingness", "record their willingness"),
    ("codes-disagree", Severity.RECORD, "the level and its code say two things", "correct one of the two"),
    ("agreement", Severity.RECORD, "the agreement does not let its recorder write it", "see the entry for the reason"),
    (
        "no-credentials",
        Severity.WARNING,
        "no credentials given: the system is registered but cannot ask for tokens",
        "give it a secret: openmind clients secret <client id>",
    ),
    ("outcome-unknown", Severity.WARNING, "the outcome code is not a known one", "use a code of contact outcomes"),
    # --- conflicts and what waits
    ("owned-by-health", Severity.WARNING, "the field belongs to the NHS trust and stays as it is",
     "have the person's service or practice correct it"),
    ("nhs-number-held", Severity.WARNING, "another record has this NHS number, and neither is changed",
     "trace both and send the right numbers"),
    ("parent-awaited", Severity.WARNING, "what it belongs to has not come yet; it is kept until then",
     "send that record too"),
    # --- national: rejected
    ("score-tool-unknown", Severity.RECORD, "no such assessment tool", "use a code of the national list"),
    ("score-malformed", Severity.RECORD, "the score is wrongly formed", "write it in digits as the tool counts it"),
    ("score-incomplete", Severity.RECORD, "not all five items are there", "send the five items together"),
    ("answers-malformed", Severity.RECORD, "the answers are not those of this tool", "send each answer as a digit"),
    ("referral-before-birth", Severity.RECORD, "the referral lies before birth", "correct one of the two dates"),
    ("contact-before-referral", Severity.RECORD, "the contact lies before its referral", "correct one of the dates"),
    ("discharge-before-referral", Severity.RECORD, "the discharge lies before referral", "correct one of the dates"),
    ("attendance-code-unknown", Severity.RECORD, "a past contact needs a known attendance code", "use 2 to 7"),
    ("appointment-type-unknown", Severity.RECORD, "no such appointment type", "use 01 to 07"),
    # --- national: warned
    ("score-out-of-range", Severity.WARNING, "the score is outside the tool's range", "check the score"),
    ("score-differs", Severity.WARNING, "the answers do not add up to the score", "check score and answers"),
    ("referral-source-unknown", Severity.WARNING, "no such source of referral", "use a code of the national list"),
    ("attended-twice", Severity.WARNING, "two attended contacts at one moment", "check both contacts"),
    ("cancellation-unfit", Severity.WARNING, "Cancellation belongs to code 2 alone", "give Y or N with 2 alone"),
    ("discharge-incomplete", Severity.WARNING, "EndCode and ServDischDate come together", "give both or neither"),
    ("code-unlisted", Severity.WARNING, "the code is not in the national list", "use a code of the national list"),
    ("onset-malformed", Severity.WARNING, "the onset is no month and is not kept", "write it as yyyy-MM"),
    ("end-code-unknown", Severity.WARNING, "no such end code", "use a code of the national list"),
)  # fmt: skip
RULES = {identity: Rule(identity, severity, wrong, remedy) for identity, severity, wrong, remedy in _ALL}

"""Sentences that staff might have written, about nobody."""

REASONS = (
    "low mood and poor sleep since release",
    "panic on buses and in waiting rooms; misses appointments because of it",
    "worry that will not stop; has asked for help twice",
    "low mood since a bereavement in the spring",
    "anger and sleeplessness, wants to understand it",
    "anxious in groups, could not stay in the programme room",
    "flat and withdrawn at the last three reporting appointments",
    "says thoughts race at night; drinks to sleep",
)
PROBLEMS = (
    ("F32.1", "moderate depressive episode", 6),
    ("F33.1", "recurrent depression, current episode moderate", 3),
    ("F41.1", "generalised anxiety disorder", 5),
    ("F41.2", "mixed anxiety and depression", 4),
    ("F43.2", "adjustment disorder", 2),
    ("F43.1", "post-traumatic stress disorder", 2),
    ("F40.1", "social phobia", 2),
)
TOO_COMPLEX = (
    "needs secondary care: step 4",
    "dependent drinking has to be treated first",
    "current crisis, beyond this service's remit",
)
MEDICATION = ("none", "none", "sertraline 50 mg", "citalopram 20 mg", "mirtazapine 15 mg", "fluoxetine 20 mg")
ENGAGEMENT = (
    "comes on time and has done the homework most weeks",
    "found the first sessions hard, now speaks freely",
    "misses when another appointment falls on the same morning; rings beforehand",
    "engaged and curious; brings the diary filled in",
    "comes late but stays to the end",
)
GOALS = (
    "use the bus to Quarry Gate alone; sleep six hours on five nights a week",
    "go to the shop at a busy time; apply for the warehouse course",
    "notice the first signs of anger and leave the room",
    "see the children every other Saturday without a row",
    "one activity a day that used to be a pleasure",
)
NOTES = (
    "Reviewed the week and the questionnaires. Worked on the thought record; two hot thoughts found and weighed.",
    "Activity schedule half done. Planned three small steps for the week and what may get in the way.",
    "Graded exposure: second step reached, anxiety 70 falling to 30. Next step agreed.",
    "Sleep diary: five hours on average. Went through stimulus control; will get up at seven.",
    "Talked about missing the last appointment: the jobcentre had called at the same time.",
    "Looked at the cycle of worry and checking. Set a worry time of twenty minutes.",
    "Mood lower after a letter about the tenancy. Problem solving, one call to make before next week.",
    "Relapse prevention begun: early signs listed, who to ring, what helped.",
)
FORMULATION = (
    "Formulation: early losses, a belief of being no use to anybody; triggered by release and debt; kept going by "
    "staying indoors and drinking in the evening. Strengths: humour, a trade, a sister who rings."
)
THIRD_PARTY = "Spoke about {name}, a neighbour, who lends money and then shouts in the stairwell; wants to move away."
SERIOUS_HARM = (
    "Clinician's view: to read this account of the early years alone could set off a crisis; go through it together."
)
TO_SELF = (
    "Passing thoughts of not waking up, no plan, no intent.",
    "No thoughts of suicide. Sleeps badly.",
    "Thoughts of suicide most weeks, no plan; has told the GP.",
)
TO_OTHERS = ("No thoughts of harming others.", "Irritable at home; leaves the room; no threats.")
PLAN = "Ring the crisis line or come to the office; GP told; the week's tablets alone kept at home."
ALERTS = {
    "X320750": (
        "Do not see alone: two members of staff, and ring the clinical lead before any home visit.",
        "said that they would hit whoever comes to the door unannounced",
        "urgent",
    ),
    "X320768": (
        "May be at risk on the anniversary of 20 July: make contact on the day before and on the day.",
        "risk to self is higher around a date the person named",
        "routine",
    ),
}
AGREED = (
    "Reporting moves to Tuesday so that Thursday stays free for therapy. What is shared was gone through again.",
    "The programme starts after therapy has ended. The offender manager will ask the person, not the therapist.",
    "Unpaid work on Saturdays only. If an appointment has to move, the person says so to both.",
    "Next meeting in six weeks. The person will say in their own words how it is going.",
)
OFFENCES = (
    ("acquisitive", "AC04", "theft from a shop"),
    ("acquisitive", "AC11", "burglary other than in a dwelling"),
    ("violence", "VI02", "common assault"),
    ("violence", "VI05", "assault occasioning actual bodily harm"),
    ("drugs", "DR03", "possession of a controlled drug"),
    ("driving", "DV07", "driving with excess alcohol"),
    ("public-order", "PO01", "using threatening words or behaviour"),
    ("criminal-damage", "CD01", "criminal damage"),
    ("fraud", "FR02", "fraud by false representation"),
)
COURTS = ("Leicester Magistrates' Court", "Leicester Crown Court", "Loughborough Magistrates' Court")
ALERT_TYPES = {
    "ALSH": "suicide or self-harm",
    "RMDO": "mentally disordered offender",
    "AV2S2": "risk to staff",
    "WEAP": "weapons",
    "RVLN": "vulnerable",
    "RCCO": "child concerns",
    "ADVP": "domestic abuse perpetrator",
}
CONDITIONS = (
    "be of good behaviour and not undermine the purpose of supervision",
    "reside permanently at the approved address",
    "not contact the victim of the offence, directly or through others",
    "notify the responsible officer of any new relationship",
)
PLACES = {
    "reporting": "Probation office, Harbour Row",
    "unpaid-work": "Workshop, Canal Basin",
    "programme": "Group room, Quarry Gate",
    "housing": "Housing advice, Market Cross",
    "benefits": "Jobcentre, Wellington Arcade",
}

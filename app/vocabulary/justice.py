"""The probation service's closed sets of words: sentences, requirements, and what a person has to attend."""

SENTENCES = ("community-order", "suspended-sentence-order", "post-custody-licence", "post-sentence-supervision")
TREATMENT = "mental-health-treatment"
REQUIREMENTS = (
    TREATMENT,
    "alcohol-treatment",
    "drug-rehabilitation",
    "rehabilitation-activity",
    "unpaid-work",
    "accredited-programme",
    "curfew",
    "exclusion",
    "residence",
)
OBLIGATIONS = ("reporting", "unpaid-work", "programme", "housing", "benefits", "curfew", "other")

"""The agreement and the decision: pure, and the only place that says who may see what."""

from app.policies.agreement import CompiledAgreement, compile_agreement, load_agreement
from app.policies.compile import Condition
from app.policies.decision import decide
from app.policies.explain import Explanation, Reason, Remedy, explain
from app.policies.faults import AgreementInvalid
from app.policies.folder import AgreementFolder
from app.policies.render import findings, render
from app.policies.rulings import Decision, Missing, Ruling
from app.policies.schema import Agreement
from app.policies.versions import AgreementVersions, VersionsInvalid, shipped_versions, versions_in

__all__ = [
    "Agreement",
    "AgreementFolder",
    "AgreementInvalid",
    "AgreementVersions",
    "CompiledAgreement",
    "Condition",
    "Decision",
    "Explanation",
    "Missing",
    "Reason",
    "Remedy",
    "Ruling",
    "VersionsInvalid",
    "compile_agreement",
    "decide",
    "explain",
    "findings",
    "load_agreement",
    "render",
    "shipped_versions",
    "versions_in",
]

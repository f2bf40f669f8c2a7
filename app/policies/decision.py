"""Decide: (question, facts, agreement) to rulings, each with its reasons; pure, and refusing by default."""

from app.policies.agreement import CompiledAgreement
from app.policies.rulings import Decision, Missing, Ruling
from app.vocabulary import Facts, Question

__all__ = ["Decision", "Missing", "Ruling", "decide"]


def decide(question: Question, facts: Facts, agreement: CompiledAgreement) -> Decision:
    """Refuse each subject unless a clause permits it and nothing forbids it.

    The facts of a question about nobody in particular are the caller's own (`agreement.facts_about_caller`).
    """
    caller, subjects = question.caller, question.subjects
    book = agreement.outlived if agreement.ended(question.at) else agreement.in_force
    plan = book.plans.get((caller.role, caller.party, question.purpose, question.action, subjects))
    if plan is None:
        plan = book.plan((caller.role, caller.party, question.purpose, question.action), subjects)
    decision = plan.decisions.get(facts)
    return plan.decide(facts) if decision is None else decision

"""What the supervising model may hold against a draft: a closed set of reasons for each state.

A code is a promise, as those of `client.checks.code` are: manifests count them and training data
names them.
"""

from enum import StrEnum


class Reason(StrEnum):
    """(code, when it holds: for the supervising model, what is said where the model's own words
    cannot be passed on: for the researcher)"""

    when: str
    plain: str

    def __new__(cls, code: str, when: str, plain: str) -> "Reason":
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.when = when
        reason.plain = plain
        return reason


class PlanReason(Reason):
    MISSES_NEED = (
        "misses_need",
        "the question asks for something that no need of the plan holds",
        "The plan misses something that the question asks for. Read the question again, word by"
        " word, and add it as a need.",
    )
    MISREADS_QUESTION = (
        "misreads_question",
        "a need, its constraint or the kind of product says what the question does not",
        "The plan says something that the question does not. Take it back to the question's own"
        " words.",
    )
    HARD_OR_SOFT = (
        "hard_or_soft",
        "a mere wish is marked hard, or a requirement is marked soft",
        "A need has the wrong weight. Hard is what makes a product useless to this person where"
        " it is not met; the rest is soft.",
    )
    WEAK_STEPS = (
        "weak_steps",
        "the steps cannot find out whether a need is met",
        "The steps cannot find out all of the needs. Say for each need with which tool it is"
        " looked into.",
    )


class CallReason(Reason):
    OFF_QUESTION = (
        "off_question",
        "the call looks for something that the question does not ask for",
        "This call looks for something that the question does not ask for. Ask for what the plan"
        " needs next.",
    )
    DROPS_NEED = (
        "drops_need",
        "the call leaves out a hard need that the tool has a parameter for",
        "This call leaves out a hard need that the tool has a parameter for. Add it.",
    )
    TOO_NARROW = (
        "too_narrow",
        "a filter or word that no need asks for hides products that may fit",
        "This call filters by something that no need asks for, and hides what may fit. Take that"
        " out.",
    )
    ALREADY_KNOWN = (
        "already_known",
        "the observations answer it already",
        "What this call asks for has been observed already. Use that, and look into a need that is"
        " still open.",
    )


class EnoughReason(Reason):
    NEED_NOT_CHECKED = (
        "need_not_checked",
        "a need was not looked into, and a tool could tell",
        "A need was not looked into yet. Look it up before you write.",
    )
    CANDIDATES_NOT_OPENED = (
        "candidates_not_opened",
        "products that may fit were found and never opened or compared",
        "Products that may fit were found and not opened. Open and compare them before you write.",
    )
    TOO_FEW_CANDIDATES = (
        "too_few_candidates",
        "another search would plainly find more that fits",
        "Too few products were looked at. Search once more in other words before you write.",
    )
    OWNERS_NOT_HEARD = (
        "owners_not_heard",
        "a need is one that owners' reviews or guides tell about, and none was read",
        "What owners or guides say was not read, and a need is one that they tell about. Read"
        " them before you write.",
    )


class ReportReason(Reason):
    DOES_NOT_ANSWER = (
        "does_not_answer",
        "it does not answer the question that was asked",
        "The report does not answer the question. Say which products to take and why they fit"
        " this person.",
    )
    WRONG_STATUS = (
        "wrong_status",
        "a need is called met, not met or could not verify against what the evidence says",
        "The status of a need does not follow from the evidence. Hold it against what was"
        " observed.",
    )
    UNSUPPORTED = (
        "unsupported",
        "a reason or claim does not follow from what it cites",
        "A reason does not follow from what it cites. Cite what states it, or take it out.",
    )
    HIDES_DRAWBACK = (
        "hides_drawback",
        "a drawback of a recommended product was observed and is left out",
        "A drawback of a recommended product was observed and is left out. Name it.",
    )
    BETTER_CHOICE = (
        "better_choice",
        "a product was observed that fits better, and is passed over without a reason",
        "A product that fits better was observed and is passed over. Recommend it, or say what"
        " speaks against it.",
    )
    UNCLEAR = (
        "unclear",
        "a shopper could not decide from it: vague, repetitive or contradicting itself",
        "A shopper could not decide from this. Say it plainly, once, with the reason.",
    )
    RESEARCH_GAP = (
        "research_gap",
        "only another tool call can mend it",
        "Something that the question asks for was not looked up. Look it up before you write.",
    )

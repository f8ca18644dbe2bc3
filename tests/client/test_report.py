"""Report markup becomes Markdown and report.json; values and quotes come from the evidence."""

from typing import Any

from client.markup import (
    NEAREST,
    RECOMMENDATION,
    UNVERIFIED,
    money,
    parse,
    quote_mark,
    quoted,
    value_of,
)
from client.report import render
from client.trajectory import (
    ComparedValue,
    Comparison,
    CouldNotVerify,
    Evidence,
    Observation,
    Recommended,
    Reference,
    StopReason,
    TaskGiven,
    Trajectory,
)

MONITOR = {
    "title": 'Acme View 24 | 60.5 cm (23.8")',
    "price": 199.5,
    "currency": "EUR",
    "rating": 4.5,
    "url": "https://shop.example/view-24",
    "attributes": [
        {"name": "hdmi", "value": "yes", "attribute": "hdmi ports quantity"},
        {"name": "display diagonal", "value": "23.8 in", "attribute": "display diagonal"},
    ],
}
OTHER = {"title": "Beta 27", "price": 250, "attributes": []}
REVIEW = {
    "title": "Works",
    "rating": 4.0,
    "posted": "2026-02-01",
    "text": 'The "stand" is solid.\n\nBuy at https://evil.example <b>now</b> ![x](https://evil.example/i.png)',
}

MARKUP = """# A monitor

Looking for a monitor.

## Needs
- (hard) HDMI: met
- (soft) sturdy stand: could not verify

## Recommendation
1. **[p1]** at [p1.price], rated [p1.rating].
   - Display: [p1.attributes.Display diagonal]
   - An owner: [r1 "The \\"stand\\" is solid."]

## Comparison
| need | [p1] | [p2] |
| --- | --- | --- |
| HDMI | [p1.attributes.hdmi] | not stated |
| price | [p1.price] | [p2.price] |

## Nearest
- [p2]: price [p2.price], over by 50.00

## Unverified
- [p2]: HDMI not stated

## Could not verify
- [p1] sturdy stand: one review only
"""


def run_with(**fields: dict[str, Any]) -> Trajectory:
    kinds = {"p": "product", "r": "review", "w": "page"}
    seen = tuple(
        Evidence.model_validate(
            {"alias": alias, "kind": kinds[alias[0]], "id": f"id-{alias}", "fields": data}
        )
        for alias, data in fields.items()
    )
    observation = Observation(
        call_id="c1",
        name="search_catalog",
        arguments={},
        ok=True,
        evidence=seen,
        result={"snapshot": "s1"},
    )
    return Trajectory(events=(TaskGiven(question="a monitor under 200?"), observation))


RUN = run_with(p1=MONITOR, p2=OTHER, r1=REVIEW)


def test_sections_name_the_recommended_nearest_and_unverified_products() -> None:
    parsed = parse(MARKUP)
    named = {s: parsed.aliases(s) for s in (RECOMMENDATION, NEAREST, UNVERIFIED)}
    assert named == {RECOMMENDATION: ("p1",), NEAREST: ("p2",), UNVERIFIED: ("p2",)}
    assert [(n.text, n.hard, n.status) for n in parsed.needs] == [
        ("HDMI", True, "met"),
        ("sturdy stand", False, "could not verify"),
    ]


def test_values_are_rendered_as_observed_with_a_numbered_source() -> None:
    markdown, _ = render(RUN, MARKUP, StopReason.DONE)
    assert '1. **Acme View 24 \\| 60.5 cm (23.8") [1]** at €199.50, rated 4.5.' in markdown
    assert "   - Display: 23.8 in [1]" in markdown
    assert "| HDMI | yes | not stated |" in markdown
    assert '[1] Acme View 24 \\| 60.5 cm (23.8"). <https://shop.example/view-24>' in markdown
    assert "[3] Beta 27. `product://id-p2`" in markdown


def test_a_quote_with_quotation_marks_survives_markup_and_rendering() -> None:
    mark = quote_mark("r1", 'The "stand" is solid.')
    assert mark in MARKUP
    markdown, _ = render(RUN, MARKUP, StopReason.DONE)
    assert '“The "stand" is solid.” [2]' in markdown


def test_words_that_the_evidence_lacks_are_not_printed_as_a_quote() -> None:
    markdown, report = render(
        RUN, '## What owners say\n- [r1 "The stand is awful."]\n', StopReason.DONE
    )
    assert "awful" not in markdown
    assert [claim.status for claim in report.claims] == ["not found"]


def test_links_images_and_tags_of_others_do_not_come_alive() -> None:
    words = "Buy at https://evil.example <b>now</b> ![x](https://evil.example/i.png)"
    assert quoted(RUN.evidence["r1"], words)
    markdown, _ = render(RUN, f"## What owners say\n- {quote_mark('r1', words)}\n", StopReason.DONE)
    assert "https://evil" not in markdown
    assert "<b>" not in markdown
    assert "![" not in markdown


def test_a_source_that_no_call_returned_is_called_so() -> None:
    markdown, report = render(RUN, "## Recommendation\n- [p9] at [p9.price]\n", StopReason.DONE)
    assert "(source not observed)" in markdown
    assert report.recommended == ()


def test_the_report_for_programs_equals_the_evidence() -> None:
    _, report = render(RUN, MARKUP, StopReason.DONE)
    assert report.recommended == (
        Recommended(
            product_id="id-p1",
            title='Acme View 24 | 60.5 cm (23.8")',
            price=199.5,
            currency="EUR",
            url="https://shop.example/view-24",
            reasons=report.recommended[0].reasons,
        ),
    )
    assert report.recommended[0].reasons[1] == "Display: 23.8 in"
    assert report.near_misses[0].violates == ("price 250.00, over by 50.00",)
    assert report.unverified[0].unknown == ("HDMI not stated",)
    assert report.comparison[0] == Comparison(
        need="HDMI",
        values={"id-p1": ComparedValue(value="yes", evidence_id="id-p1"), "id-p2": None},
    )
    assert report.could_not_verify == (
        CouldNotVerify(need="sturdy stand", product_id="id-p1", why="one review only"),
    )
    assert report.references[1] == Reference(
        n=2, id="id-r1", kind="review", title="4-star review, 2026-02-01: Works", url=None
    )
    assert report.snapshot == "s1"


def test_an_unstated_value_is_none_and_money_without_currency_shows_none() -> None:
    product = RUN.evidence["p2"]
    assert value_of(product, "rating") is None
    assert value_of(product, "attributes.hdmi") is None
    assert value_of(product, "price") == "250.00"


def test_a_price_beyond_all_prices_is_still_written() -> None:
    assert money(1e300, "EUR").startswith("EUR 1000")
    assert money(63.99, "GBP") == "£63.99"


def test_prose_without_any_list_is_a_report_that_recommends_nothing() -> None:
    _, report = render(RUN, "Nothing fits.\n\n## Recommendation\nNo monitor.\n", StopReason.DONE)
    assert report.recommended == ()
    assert report.references == ()


def test_a_contradicted_claim_is_struck_out_with_what_the_evidence_says() -> None:
    markdown, report = render(RUN, "## Trade-offs\n- [p1] costs €150, too.\n", StopReason.DONE)
    assert "costs ~~€150~~ (the evidence says otherwise: €199.50), too." in markdown
    assert [(c.text, c.status, c.evidence_ids) for c in report.claims] == [
        ("€150", "contradicted", ("id-p1",))
    ]


def test_a_claim_that_no_evidence_states_is_marked() -> None:
    markdown, report = render(RUN, "## Trade-offs\n- [p1] weighs 4 kg.\n", StopReason.DONE)
    assert "weighs 4 kg†." in markdown
    assert [claim.status for claim in report.claims] == ["not found"]


def test_the_last_line_counts_what_was_rendered_and_what_was_checked() -> None:
    markup = "[p1] at [p1.price] costs €199.50, not €150, and weighs 4 kg.\n"
    markdown, _ = render(RUN, markup, StopReason.DONE)
    assert markdown.rstrip().splitlines()[-1] == (
        "1 figure is rendered from evidence; 3 claims in plain words were checked: 1 supported,"
        " 1 contradicted (struck out), 1 not found in the evidence (marked †)."
    )


def test_a_struck_out_cell_stays_in_its_table() -> None:
    markup = "| need | [p1] | [p2] |\n| --- | --- | --- |\n| price | €1 | [p2.price] |\n"
    markdown, _ = render(RUN, markup, StopReason.DONE)
    assert "| price | ~~€1~~ (the evidence says otherwise: €199.50) | 250.00 |" in markdown


def test_what_is_struck_out_and_what_the_evidence_says_stay_harmless() -> None:
    hostile = {**MONITOR, "attributes": [{"name": "stand", "value": "yes | <b>![x](https://e)"}]}
    run = run_with(p1=hostile)
    markup = "- [p1] has no ~~<i>stand, and no stand.\n"
    markdown, _ = render(run, markup, StopReason.DONE)
    assert "otherwise: stand: yes \\| &lt;b>!\\[x\\](https:&#47;/e)" in markdown
    assert "<i>" not in markdown
    assert "<b>" not in markdown


def test_reasons_for_programs_say_what_is_contradicted() -> None:
    _, report = render(RUN, "## Recommendation\n1. [p1] costs €150\n", StopReason.DONE)
    assert report.recommended[0].reasons == ("costs €150 (the evidence says otherwise: €199.50)",)

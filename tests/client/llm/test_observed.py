import json
from typing import Any

from client.llm.observed import as_read
from client.trajectory import Evidence, Observation

CARD: dict[str, Any] = {
    "id": "p1",
    "title": "Kettle",
    "price": 24.99,
    "currency": "GBP",
    "url": "https://shop.example/p1",
    "description": None,
    "attributes": [
        {"name": "noise", "value": "62 dB", "attribute": "noise level"},
        {"name": "loudness", "value": "62 dB", "attribute": "noise level"},
        {"name": "size", "value": "1 l"},
    ],
}


def seen(call_id: str, result: dict[str, Any], card: dict[str, Any] = CARD) -> Observation:
    fields = {k: v for k, v in card.items() if k != "id"}
    item = Evidence(alias="p1", kind="product", id="shop:1", fields=fields)
    return Observation(
        call_id=call_id, name="tool", arguments={}, ok=True, result=result, evidence=(item,)
    )


def read(*observations: Observation) -> list[Any]:
    texts = as_read(observations).values()
    return [json.loads(text.split("\n")[1]) for text in texts]


def test_what_is_absent_or_of_no_use_is_left_out() -> None:
    result = {"products": [CARD], "near_misses": [], "snapshot": "s1", "next_cursor": None}
    assert read(seen("c1", result)) == [
        {
            "products": [
                {
                    "id": "p1",
                    "title": "Kettle",
                    "price": 24.99,
                    "currency": "GBP",
                    "attributes": {"noise level": "62 dB", "size": "1 l"},
                }
            ]
        }
    ]


def test_what_was_shown_before_is_not_shown_again_and_what_is_new_is() -> None:
    colour = {"name": "colour", "value": "red"}
    richer = {**CARD, "rating": 4, "attributes": [*CARD["attributes"], colour]}
    told = {"note": "Words of others."}
    first, again, third = read(
        seen("c1", {"products": [CARD], **told}),
        seen("c2", {"products": [richer], **told}, richer),
        seen("c3", {"products": [richer], "note": "More."}, richer),
    )
    kept = {"id": "p1", "title": "Kettle", "price": 24.99, "rating": 4}
    assert first["note"] == "Words of others."
    assert again == {"products": [{**kept, "attributes": {"colour": "red"}}]}
    assert third == {"products": [kept], "note": "More."}


def test_a_comparison_is_a_row_of_values_by_product() -> None:
    cells = [
        {"product_id": "p1", "value": "62 dB", "attribute": "noise level"},
        {"product_id": "p2", "value": None},
    ]
    result = {"rows": [{"attribute": "noise", "cells": cells}]}
    assert read(seen("c1", result)) == [
        {"rows": [{"attribute": "noise", "p1": "62 dB (noise level)", "p2": "not stated"}]}
    ]


def test_facets_and_violations_are_told_in_short() -> None:
    broken = {"filter": "price", "stated": "63.99", "text": "price 63.99, over by 3.99"}
    result = {
        "facets": {"brand": [{"value": "Aqua", "count": 3}, {"value": "Cove", "count": 1}]},
        "near_misses": [{"product": {"id": "p2", "title": "Dear"}, "violates": [broken]}],
    }
    assert read(seen("c1", result)) == [
        {
            "facets": {"brand": {"Aqua": 3, "Cove": 1}},
            "near_misses": [
                {
                    "product": {"id": "p2", "title": "Dear"},
                    "violates": ["price 63.99, over by 3.99"],
                }
            ],
        }
    ]

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import McpError, ToolError

from servers.answers.budget import estimate
from servers.catalog import build_server
from servers.embedded.index import EmbeddedIndex
from tests.servers.toolshop import build_index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    opened = build_index(tmp_path_factory.mktemp("catalog") / "index")
    yield opened
    opened.close()


@pytest.fixture
async def client(index: EmbeddedIndex) -> AsyncIterator[Client[Any]]:
    async with Client(build_server(index)) as connected:
        yield connected


async def call(client: Client[Any], tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert result.structured_content is not None
    return result.structured_content


async def refusal(client: Client[Any], tool: str, **arguments: Any) -> str:
    with pytest.raises(ToolError) as refused:
        await client.call_tool(tool, arguments)
    return str(refused.value)


def ids(cards: list[dict[str, Any]]) -> list[str]:
    return [card["id"] for card in cards]


async def test_a_card_states_what_the_catalog_states_and_null_for_the_rest(client: Client[Any]):
    found = await call(client, "search_catalog", query="drill", price_min=43, price_max=43)
    drill = found["products"][0]
    assert (drill["id"], drill["price"], drill["currency"]) == ("d3", 43.0, "EUR")
    assert (drill["as_of"], drill["in_stock"]) == ("2026-01-05", True)
    case = await call(client, "get_product", ids=["case/1"])
    assert case["products"][0]["price"] is None
    assert case["products"][0]["in_stock"] is None


async def test_products_meet_every_filter_and_the_rest_stand_beside_them(client: Client[Any]):
    found = await call(
        client,
        "search_catalog",
        query="drill",
        price_max=44,
        attributes={"noise level": "<= 73 dB"},
    )
    assert sorted(ids(found["products"])) == ["d1", "d2", "d3"]
    assert found["products"][0]["attributes"][0]["name"] == "noise level"
    near = {one["product"]["id"]: one["violates"] for one in found["near_misses"]}
    assert near["d4"][0]["stated"] == "74 dB(A)"
    assert "over by 1" in near["d4"][0]["text"]
    assert "d13" in [one["product"]["id"] for one in found["unverified"]]
    assert "noise level" in str(found["unverified"][0]["unknown"])
    assert not set(near) & set(ids(found["products"]))


async def test_near_misses_are_left_out_where_ten_products_meet_every_filter(client: Client[Any]):
    found = {
        most: await call(client, "search_catalog", query="drill", price_max=most)
        for most in (49, 50)
    }
    assert {most: (each["total"], len(each["near_misses"])) for most, each in found.items()} == {
        49: (9, 3), 50: (10, 0),
    }  # fmt: skip


async def test_one_of_several_brands_or_kinds_of_thing_will_do(client: Client[Any]):
    brands = (await call(client, "search_catalog", query="drill"))["facets"]["brand"]
    two = [brand["value"] for brand in brands[:2]]
    found = await call(client, "search_catalog", query="drill", brand=two, type=["drill", "saw"])
    assert found["total"] == sum(brand["count"] for brand in brands[:2])


async def test_facets_come_with_the_first_page_only(client: Client[Any]):
    first = await call(client, "search_catalog", query="drill", limit=5)
    assert {"value": "Bosch", "count": 7} in first["facets"]["brand"]
    assert first["facets"]["price"]["low"] == 41
    second = await call(
        client, "search_catalog", query="drill", limit=5, cursor=first["next_cursor"]
    )
    assert second["facets"] is None
    assert not set(ids(first["products"])) & set(ids(second["products"]))


async def test_pages_cut_by_the_budget_lose_no_product(client: Client[Any]):
    whole = await call(client, "search_catalog", query="drill", limit=50)
    seen: list[str] = []
    cursor = None
    for _ in range(20):
        page = await call(
            client, "search_catalog", query="drill", limit=50, cursor=cursor, max_tokens=500
        )
        seen += ids(page["products"])
        assert estimate(json.dumps(page)) <= 500 * 1.1
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids(whole["products"])


async def test_what_the_budget_cut_is_said(client: Client[Any]):
    page = await call(client, "search_catalog", query="drill", limit=50, max_tokens=500)
    assert "next_cursor leads on" in page["note"]
    assert "facets left out" in page["note"]


async def test_nothing_found_is_said_and_is_no_error(client: Client[Any]):
    found = await call(client, "search_catalog", query="zzqqxx unheard")
    assert (found["total"], found["products"]) == (0, [])
    assert "Nothing matches" in found["note"]


@pytest.mark.parametrize(
    "query", ['3/4" drive', "مثقاب لاسلكي", "🙂🔧", '") OR (1:1', "\\\\[^]{", "a" * 2000, " ", "?!"]
)
async def test_any_text_is_a_query(client: Client[Any], query: str):
    assert (await call(client, "search_catalog", query=query))["total"] >= 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"limit": 0}, "`limit`"),
        ({"limit": 10**9}, "`limit`"),
        ({"query": "x" * 100_000}, "at most 2000 characters"),
        ({"price_max": -1}, "`price_max`"),
        ({"sort": "cheapest"}, "'price_asc'"),
        ({"attributes": {"weight": {"min": 1}}}, '">= 2 m"'),
        ({"attributes": {"weight": ">= heavy"}}, "no number"),
        ({"attributes": {"weigth": "1 kg"}}, "weight"),
        ({"brand": "Bosh"}, "Bosch"),
        ({"cursor": "nonsense"}, "without it"),
        ({"colour": "red"}, "no such parameter"),
    ],
)
async def test_a_refusal_says_what_to_change(
    client: Client[Any], arguments: dict[str, Any], said: str
):
    text = await refusal(client, "search_catalog", **{"query": "drill", **arguments})
    assert said in text
    assert "pydantic" not in text
    assert len(text) < 600


async def test_an_unknown_id_names_the_nearest_and_known_ones_are_still_given(
    client: Client[Any],
):
    found = await call(client, "get_product", ids=["d1", "glove-X"])
    assert ids(found["products"]) == ["d1"]
    assert found["unknown_ids"][0]["id"] == "glove-X"
    assert "glove-M" in found["unknown_ids"][0]["nearest"]
    assert "glove-M" in await refusal(client, "get_product", ids=["glove-X"])
    assert "glove-M" in await refusal(client, "compare_products", ids=["d1", "glove-X"])


async def test_a_product_has_its_variants_and_how_they_differ(client: Client[Any]):
    glove = (await call(client, "get_product", ids=["glove-M"]))["products"][0]
    assert glove["variants"] == [
        {
            "id": "glove-L",
            "title": "Work glove L",
            "price": 9.9,
            "differs": ["size: L (this: M)"],
        }
    ]
    assert {"name": "colour", "value": "black, red", "attribute": "colour"} in glove["attributes"]


async def test_only_the_fields_asked_for_are_given(client: Client[Any]):
    product = (await call(client, "get_product", ids=["d1"], fields=["description"]))["products"][0]
    assert product["description"] == "A drill for wood and steel."
    assert product["attributes"] == []


async def test_products_that_do_not_fit_are_named(client: Client[Any]):
    asked = [f"d{number}" for number in range(1, 11)]
    found = await call(client, "get_product", ids=asked, max_tokens=800)
    shown = ids(found["products"])
    assert 0 < len(shown) < 10
    assert all(one in found["note"] for one in asked if one not in shown)


async def test_a_comparison_is_aligned_and_says_what_is_not_stated(client: Client[Any]):
    table = await call(
        client,
        "compare_products",
        ids=["d1", "d13"],
        attributes=["Noise-level", "price", "weight"],
    )
    rows = {row["attribute"]: [cell["value"] for cell in row["cells"]] for row in table["rows"]}
    assert rows == {
        "Noise-level": ["71 dB(A)", None],
        "price": ["41.00 EUR", None],
        "weight": ["1.5 kg", "2 kg"],
    }
    assert table["rows"][0]["cells"][0]["attribute"] == "noise level"


async def test_a_comparison_without_names_shows_where_products_differ(client: Client[Any]):
    table = await call(client, "compare_products", ids=["d1", "d2"])
    shown = [row["attribute"] for row in table["rows"]]
    assert shown[:2] == ["price", "brand"]
    assert shown.index("noise level") < shown.index("weight")


async def test_an_unknown_attribute_in_a_comparison_names_the_nearest(client: Client[Any]):
    text = await refusal(client, "compare_products", ids=["d1", "d2"], attributes=["hamer action"])
    assert "hammer action" in text


async def test_titles_hold_no_markup_that_a_client_would_render(client: Client[Any]):
    case = (await call(client, "get_product", ids=["case/1"]))["products"][0]
    assert case["title"] == 'Drill case 3/4"'


@pytest.mark.parametrize("address", ["product://case/1", "product://case%2F1"])
async def test_a_product_can_be_read_back_as_a_resource(client: Client[Any], address: str):
    content = await client.read_resource(address)
    assert json.loads(content[0].text)["id"] == "case/1"  # type: ignore[union-attr]


async def test_an_unknown_resource_names_the_nearest_id(client: Client[Any]):
    with pytest.raises(McpError, match="glove-M"):
        await client.read_resource("product://glove-X")


async def test_the_text_of_a_result_leaves_out_what_is_absent(client: Client[Any]):
    result = await client.call_tool("get_product", {"ids": ["case/1"]})
    text = json.loads(result.content[0].text)  # type: ignore[union-attr]
    assert "price" not in text["products"][0]
    assert text["products"][0]["id"] == "case/1"

from itertools import islice

from benchmarks.generated import products, queries


def test_the_same_catalog_comes_every_time_and_a_larger_one_begins_like_a_smaller_one():
    assert list(products(50)) == list(products(50))
    assert list(islice(products(500), 50)) == list(products(50))


def test_generated_products_differ_and_state_values_with_units():
    made = list(products(300))
    assert len({product.id for product in made}) == 300
    assert len({product.title for product in made}) > 290
    assert len({product.brand for product in made}) > 150
    assert len({product.category for product in made}) > 50
    assert all(len(product.attributes) > 3 for product in made)


def test_generated_products_come_one_at_a_time():
    first = next(products(10**9))
    assert first.id == "g0"


def test_generated_queries_are_words_of_the_catalog():
    words = {word for product in products(2_000) for word in product.title.lower().split()} | {
        str(value).lower()
        for product in products(2_000)
        for value in product.attributes.get("material", ())
    }
    asked = [word for query in queries(50) for word in query.split()]
    named = [word for word in asked if word != "cm" and not word.isdigit()]
    assert set(named) <= words

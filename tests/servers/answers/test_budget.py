import json
import warnings

import pytest

from servers.answers.budget import estimate, most_that_fit
from tests.servers.toolshop import records

TEXTS = {
    "records": "\n".join(record.model_dump_json() for record in records()),
    "prose": "The battery lasts a whole day; it isn't loud. Recommended, despite its price! " * 20,
    "german": "Die Akkulaufzeit überzeugt, die Geräuschentwicklung hält sich in Grenzen. " * 20,
    "japanese": "このドリルは静かで、電池も一日持ちます。" * 20,
    "arabic": "هذا المثقاب هادئ والبطارية تدوم طوال اليوم. " * 20,
    "emoji": "👍🔧🪛 " * 50,
    "ids": json.dumps([f"{n * 2654435761 % 2**32:08x}-AB{n}" for n in range(100)]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_estimate_leans_high_but_not_far(name: str):
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        import bpe_openai  # reads its vocabulary in an old way
    real = len(bpe_openai.get_encoding("o200k_base").encode(TEXTS[name]))
    assert real * 0.95 <= estimate(TEXTS[name]) <= real * 3.5


def test_the_most_that_fit_is_found():
    assert [most_that_fit(10, lambda n, most=most: n <= most) for most in (0, 3, 9, 12)] == [
        0,
        3,
        9,
        10,
    ]

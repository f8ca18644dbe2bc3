from client.chat.endpoint import OPENAI
from client.chat.models import ModelSettings
from client.chat.requests import Asked, body_of


def test_openai_itself_knows_the_limit_by_its_newer_name() -> None:
    asked = Asked([{"role": "user", "content": "Which kettle?"}], max_tokens=7)
    for url, name in ((OPENAI, "max_completion_tokens"), ("http://127.0.0.1:1/v1", "max_tokens")):
        body = body_of(asked, "some-model", url, ModelSettings(), frozenset())
        assert {key: body[key] for key in body if key.startswith("max")} == {name: 7}

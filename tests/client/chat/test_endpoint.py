import pytest

from client.chat.endpoint import OPENAI, endpoint_of
from client.chat.models import ModelSettings
from client.errors import ModelFailed


def test_the_environment_names_the_endpoint_of_a_model_without_settings() -> None:
    there = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "OPENAI_API_KEY": "sk-very-secret\n"}
    endpoint = endpoint_of("x", ModelSettings(), there)
    assert (endpoint.url, endpoint.key) == ("http://127.0.0.1:1/v1", "sk-very-secret")
    assert "secret" not in repr(endpoint)
    assert endpoint_of("x", ModelSettings(), {"OPENAI_API_KEY": "k"}).url == OPENAI


def test_a_key_of_the_environment_does_not_go_to_an_endpoint_of_the_settings() -> None:
    own = ModelSettings(base_url="http://127.0.0.1:1/v1")
    assert endpoint_of("x", own, {"OPENAI_API_KEY": "sk-very-secret"}).key == ""


@pytest.mark.parametrize(
    ("settings", "environment", "said"),
    [
        (ModelSettings(), {}, "set OPENAI_API_KEY, or OPENAI_BASE_URL"),
        (ModelSettings(), {"OPENAI_BASE_URL": "localhost/v1"}, "OPENAI_BASE_URL must start"),
        (ModelSettings(), {"OPENAI_API_KEY": "sk-…"}, "OPENAI_API_KEY holds characters"),
        (ModelSettings(base_url="http://x/v1", key_env="K"), {}, "no key for 'x': set K"),
    ],
)
def test_an_endpoint_that_cannot_be_asked_says_what_to_set(
    settings: ModelSettings, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(ModelFailed, match=said):
        endpoint_of("x", settings, environment)

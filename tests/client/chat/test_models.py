from pathlib import Path

import pytest

from client.chat.models import (
    BadModelSettings,
    ModelSettings,
    models_file,
    settings_of,
)

WHOLE = """
[models."qwen3:8b"]
base_url = "http://127.0.0.1:11434/v1"
context_tokens = 32768
max_output_tokens = 4096
temperature = 0.6
extra_body = {top_p = 0.95}

[models.paid]
base_url = "https://models.example/v1"
key_env = "PAID_KEY"
input_price = 2
output_price = 8.5
currency = "EUR"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    path = models_file()
    path.parent.mkdir(parents=True)
    return path


def test_each_model_has_its_own_settings_and_others_have_the_defaults(file: Path) -> None:
    assert settings_of("paid") == ModelSettings()
    file.write_text(WHOLE)
    assert settings_of("paid") == ModelSettings(
        base_url="https://models.example/v1",
        key_env="PAID_KEY",
        input_price=2,
        output_price=8.5,
        currency="EUR",
    )
    assert settings_of("qwen3:8b").extra_body == {"top_p": 0.95}
    assert settings_of("another") == ModelSettings()


def test_the_current_folder_configures_no_model(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / "models.toml").write_text(WHOLE)
    monkeypatch.chdir(clone)
    assert settings_of("paid") == ModelSettings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[models.x", "Expected ']' at the end"),
        ("[model.x]", "model is not a setting; known: models"),
        ("[models.x]\ninput_prise = 1", "models.x.input_prise is not a setting; known: base_url,"),
        (
            "[models.x]\ncontext_tokens = '8k'",
            "models.x.context_tokens: Input should be a valid int",
        ),
        ("[models.x]\ntemperature = 7", "models.x.temperature: Input should be less than"),
        ("[models.x]\ninput_price = 1", "models.x: input_price and output_price go together"),
        ("[models.x]\nkey_env = 'K'", "models.x: key_env needs the base_url"),
        ("[models.x]\nbase_url = 'localhost:1/v1'", "models.x: base_url starts with http://"),
        ("[models.x]\nbase_url = 'http://a:b/v1'", "models.x: base_url starts with http://"),
        ("models = 3", "models: Input should be a valid dictionary"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_file(
    file: Path, text: str, said: str
) -> None:
    file.write_text(text)
    with pytest.raises(BadModelSettings) as failed:
        settings_of("x")
    assert str(failed.value).startswith(f"{file}: ")
    assert said in str(failed.value)


def test_a_key_written_where_none_belongs_is_not_repeated(file: Path) -> None:
    file.write_text("[models.x]\nkey = 'sk-very-secret'\ncontext_tokens = 'sk-very-secret'")
    with pytest.raises(BadModelSettings) as failed:
        settings_of("x")
    assert "secret" not in str(failed.value)


def test_cost_is_known_only_where_prices_are() -> None:
    priced = ModelSettings(input_price=2, output_price=8.5)
    assert priced.cost(1_000_000, 2_000_000) == 19.0
    assert ModelSettings(input_price=0, output_price=0).cost(10, 10) == 0
    assert ModelSettings().cost(10, 10) is None

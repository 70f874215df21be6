"""Chinese words stand beside Latin ones with a space and beside each other without, whatever fills a gap."""

from __future__ import annotations

import copy
import json
import re
import string
from collections.abc import Mapping

import pytest

from analysis_core.report.layer_names import marks, named, named_list
from analysis_core.report.phrases import CHINESE, ENGLISH, listed
from analysis_core.report.typography import Phrase
from pages.ui import strings
from pages.ui.words.sentences_chinese import CHINESE as SENTENCES
from tests.pages import synthetic

HAN = "\u3400-\u9fff"
PARTED = re.compile(rf"[{HAN}] +[{HAN}]|[，。：；、（）] |(?<=\S) +[，。：；、（）]")
CROWDED = re.compile(rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]")
TABLES: dict[str, Mapping[str, str]] = {
    "figures": CHINESE,
    "pages": strings.CHINESE,
    "sentences": {english: Phrase(chinese) for english, chinese in SENTENCES},
}


def filled(phrase: str, words: str) -> str:
    names = {name for _, name, _, _ in string.Formatter().parse(phrase) if name}
    return phrase.format(**dict.fromkeys(names, words))


@pytest.mark.parametrize("table", TABLES)
def test_a_chinese_name_in_a_gap_has_no_space_beside_chinese_words(table: str) -> None:
    found = {key: said for key, phrase in TABLES[table].items() if PARTED.search(said := filled(phrase, "注意力头"))}
    assert found == {}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("words", ["CKA", "12"])
def test_a_latin_name_or_a_number_in_a_gap_stands_apart_from_chinese_words(table: str, words: str) -> None:
    gaps = {key: phrase for key, phrase in TABLES[table].items() if "{" in phrase}
    crowded = re.compile(rf"[{HAN}]{words}|{words}[{HAN}]")
    assert {key: said for key, phrase in gaps.items() if crowded.search(said := filled(phrase, words))} == {}


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_themselves_are_set_well(table: str) -> None:
    bare = {key: re.sub(r"{[^}]*}|\S*/\S*|`[^`]*`", "", phrase) for key, phrase in TABLES[table].items()}
    assert {key: said for key, said in bare.items() if CROWDED.search(said)} == {}


def test_what_fills_a_gap_is_left_as_it_is() -> None:
    assert Phrase("文件“{name}”").format(name="我的 数据 1.csv") == "文件“我的 数据 1.csv”"
    assert Phrase("精度{value:.2f}，{other!r}").format(value=1.234, other="x") == "精度 1.23，'x'"
    assert Phrase("{left}和{right}").format(left="", right="b") == "和 b"
    assert Phrase("{whole} ").format(whole="层") == "层 "


def test_lists_are_joined_by_what_stands_in_them() -> None:
    assert listed(["注意力头", "梯度", "神经元激活"], CHINESE) == "注意力头、梯度和神经元激活"
    assert listed(["CKA", "Fisher"], CHINESE) == "CKA 和 Fisher"
    assert listed(["梯度", "CKA"], CHINESE) == "梯度和 CKA"


def test_a_phrase_is_a_string_like_any_other() -> None:
    phrase = CHINESE["consensus"]
    assert json.loads(json.dumps(phrase)) == copy.deepcopy(phrase) == "共识"
    assert {phrase: 1}["共识"] == 1
    assert not isinstance(ENGLISH["consensus"], Phrase)


def test_layers_are_named_by_their_stacks_in_chinese() -> None:
    assert named_list([0, 4, 7, 8, 9], synthetic.two_stacks(), CHINESE) == "编码器第 0、4 层和解码器第 0–2 层"
    assert named(3, synthetic.layers(), CHINESE) == "第 3 层"
    assert named(3, (), CHINESE) == "第 3 层"
    assert named_list([1, 6, 7, 8], synthetic.parts(), CHINESE) == "0F 和 3A–4A"
    assert marks(synthetic.two_stacks(), CHINESE)[6:8] == ["编码器 6", "解码器 0"]

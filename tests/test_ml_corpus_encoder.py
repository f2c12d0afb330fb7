"""An encoder made from the study's own postings: it knows their words, in any script, and is the same every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.corpus import UNLABELLED_CHARACTERS, unlabelled_texts
from ml.corpus_encoder import make_corpus_encoder
from ml.encoder import CORPUS, EncoderError, EncoderSpec, encode, load_encoder

_SUBJECTS = {
    "nurse": "护士 病房 患者 医嘱 静脉 穿刺 护理 病情 观察 手术室 急诊 输液".split(),
    "weld": "焊工 焊接 钢管 氩弧 焊缝 打磨 管道 钢板 切割 焊条 法兰 探伤".split(),
    "teach": "教师 备课 上课 作业 课堂 学生 班主任 教案 家长 考试 教学 课程".split(),
}
_EVERYWHERE = "负责 公司 团队 要求 经验 工作".split()


def _texts() -> list[str]:
    """240 texts without a space: eight words of one subject and three of everyone's, in random order."""
    random = np.random.default_rng(0)
    texts = []
    for number in range(240):
        words = [
            *random.choice(list(_SUBJECTS.values())[number % 3], 8, replace=False),
            *random.choice(_EVERYWHERE, 3, replace=False),
        ]
        texts.append("".join(random.permutation(words)))
    return texts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpus")


SPEC = EncoderSpec(name=CORPUS, dimensions=16)


def test_texts_about_one_job_lie_together_in_a_language_without_spaces(folder: Path) -> None:
    model = load_encoder(SPEC, folder, "cpu", _texts())
    asked = [
        "护士负责病房护理",
        "焊工焊接管道",
        "教师备课上课",
        "执行医嘱观察患者病情",
        "焊缝打磨与质量检验",
        "班主任管理课堂",
    ]
    rows = encode(model, asked)
    nearness = rows @ rows.T
    np.fill_diagonal(nearness, -1)
    assert nearness.argmax(axis=1).tolist() == [3, 4, 5, 0, 1, 2]


def test_the_same_texts_give_the_same_encoder_and_others_another(folder: Path, tmp_path: Path) -> None:
    first = make_corpus_encoder(_texts(), 16)
    again = make_corpus_encoder(_texts(), 16)
    assert first[0].tokenizer.to_str() == again[0].tokenizer.to_str()
    one, other = (np.asarray(model[0].embedding.weight.detach()) for model in (first, again))
    np.testing.assert_allclose(one, other, atol=1e-6)

    load_encoder(SPEC, folder, "cpu", _texts())
    load_encoder(SPEC, folder, "cpu", _texts()[:200])
    assert len(list(folder.glob("corpus-16-*"))) == 2


def test_an_encoder_without_enough_texts_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="3 texts are too few"):
        load_encoder(SPEC, tmp_path, "cpu", ["a", "b", "c"])
    with pytest.raises(EncoderError, match=r"set encoder\.dimensions lower"):
        load_encoder(EncoderSpec(name=CORPUS, dimensions=384), tmp_path, "cpu", ["ein zwei drei"] * 120)
    assert list(tmp_path.iterdir()) == []


def test_the_sample_of_texts_does_not_hang_on_the_order_of_the_files(tmp_path: Path) -> None:
    files = []
    for part, ids in enumerate((["c", "a"], ["d", "b"])):
        table = pa.table(
            {"posting_id": ids, "title": [f"title {i}" for i in ids], "description": ["x" * 3_000] * 2}
        )
        files.append(str(tmp_path / f"{part}.parquet"))
        pq.write_table(table, files[-1])
    texts = unlabelled_texts(files, ["title", "title", "description"], limit=3)
    assert texts == unlabelled_texts(files[::-1], ["title", "title", "description"], limit=3)
    assert [text.splitlines()[:2] for text in texts] == [[f"title {i}"] * 2 for i in "abc"]
    assert {len(text) for text in texts} == {UNLABELLED_CHARACTERS}

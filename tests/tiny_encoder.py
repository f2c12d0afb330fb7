"""A static encoder of a dozen words, made in milliseconds, for tests of what stands on an encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WORDS = {
    "nurse": ["nurse", "ward", "patient", "clinic", "care"],
    "welder": ["welder", "steel", "torch", "weld", "metal"],
    "teacher": ["teacher", "school", "pupil", "class", "lesson"],
}
NEUTRAL = ["senior", "junior", "day", "night", "north", "south", "full", "part"]


def tiny_static_encoder(folder: Path, dimensions: int = 16) -> Path:
    """A sentence-transformers folder with a random table over the words above."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    words = [word for group in WORDS.values() for word in group] + NEUTRAL
    vocabulary = {word: number for number, word in enumerate(["[UNK]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    table = np.random.default_rng(3).normal(size=(len(vocabulary), dimensions)).astype(np.float32)
    table[0] = 0
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)], device="cpu")
    model.save(str(folder), create_model_card=False)
    return folder


def tiny_texts(per_class: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """(texts, labels): one or two words of the title's own among more neutral ones."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for title, own in WORDS.items():
        for _ in range(per_class):
            words = [*random.choice(own, size=1), *random.choice(NEUTRAL, size=3)]
            texts.append(" ".join(random.permutation(words)))
            labels.append(title)
    return texts, labels
